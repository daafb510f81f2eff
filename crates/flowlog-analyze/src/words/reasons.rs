//! Why findings were raised, and what the data cannot tell: core's typed sentences in each language.
//!
//! The English words stand with the types, whence JSON has them, too. Each `match` here names every sentence: one
//! without Spanish does not compile.

use flowlog_core::compare::{Caveat, Letter};
use flowlog_core::finding::{Note, Reason, Sentence};
use flowlog_core::report::{Remark, RulesLimit};

use super::Lang;
use super::spanish::{bytes, count, counted, decimal, duration, plain};

/// Why a finding was raised.
pub(crate) fn reason(lang: Lang, reason: &Reason) -> String {
    match lang {
        Lang::En => reason.to_string(),
        Lang::Es => reason.0.iter().map(sentence).collect::<Vec<_>>().join(" "),
    }
}

/// What a row of evidence says behind its number, which is `count`.
pub(crate) fn note(lang: Lang, note: &Note, count: u64) -> String {
    match lang {
        Lang::En => note.to_string(),
        Lang::Es => of_evidence(note, count),
    }
}

/// What the data cannot tell.
pub(crate) fn remark(lang: Lang, remark: &Remark) -> String {
    match lang {
        Lang::En => remark.to_string(),
        Lang::Es => of_data(remark),
    }
}

/// What cannot be told of rules as configured.
pub(crate) fn rules_limit(lang: Lang, limit: RulesLimit) -> String {
    match (lang, limit) {
        (Lang::En, _) => limit.to_string(),
        (Lang::Es, RulesLimit::NoDenied) => {
            "Los datos no contienen filas denegadas (D): no se puede saber si se usó una regla que deniega.".to_owned()
        }
        (Lang::Es, RulesLimit::NoBegun) => {
            "Los datos no contienen filas de inicio (B): una regla que permite solo se ve en las conexiones que \
             continuaron o terminaron."
                .to_owned()
        }
    }
}

/// What a comparison cannot tell.
pub(crate) fn caveat(lang: Lang, caveat: &Caveat) -> String {
    match lang {
        Lang::En => caveat.to_string(),
        Lang::Es => of_comparison(caveat),
    }
}

fn connections(number: u64) -> String {
    counted(number, "conexión", "conexiones")
}

fn packets(number: u64) -> String {
    counted(number, "paquete", "paquetes")
}

/// The ending of a verb or a noun for one or for several.
fn one_or<'t>(number: u64, one: &'t str, many: &'t str) -> &'t str {
    if number == 1 { one } else { many }
}

#[allow(clippy::too_many_lines)] // a table
fn sentence(sentence: &Sentence) -> String {
    let fate = |answered: bool| if answered { "con respuesta" } else { "sin respuesta conocida" };
    let it = |several: bool| if several { "ellas" } else { "ella" };
    match sentence {
        Sentence::ThreatLetOut { connections: number, several, answered } => format!(
            "{} hacia {} {} salir, {}.",
            connections(*number),
            it(*several),
            one_or(*number, "pudo", "pudieron"),
            fate(*answered)
        ),
        Sentence::ThreatLetIn { connections: number, several, answered } => format!(
            "{} desde {} {} entrar, {}.",
            connections(*number),
            it(*several),
            one_or(*number, "pudo", "pudieron"),
            fate(*answered)
        ),
        Sentence::ThreatDeniedOut { packets: number, several } => format!(
            "Se {} {} hacia {}: algo de dentro quiere ir allí.",
            one_or(*number, "denegó", "denegaron"),
            packets(*number),
            it(*several)
        ),
        Sentence::ThreatLists => {
            "Las listas contienen también direcciones que muchos alquilan una tras otra, equipos compartidos y \
             exploradores de investigación: decide lo que dice la lista de la dirección, y de cuándo."
                .to_owned()
        }
        Sentence::ThreatKeptOut { packets: number } => format!(
            "Se {} {} desde allí a la entrada: las reglas hacen lo que deben.",
            one_or(*number, "denegó", "denegaron"),
            packets(*number)
        ),
        Sentence::PortsOfOneHost { limit, window, most } => format!(
            "{limit} o más puertos distintos de un equipo fueron denegados, rechazados o quedaron sin respuesta en {}; \
             aquí hasta {most}.",
            duration(*window)
        ),
        Sentence::VulnerabilityScanners => {
            "Los escáneres de vulnerabilidades y la supervisión hacen lo mismo a propósito.".to_owned()
        }
        Sentence::PayloadBack { failed, least, public } => format!(
            "Fracasó en {failed} parejas de equipo y puerto (con {least} es una exploración) y recibió contenido de un \
             servicio que usan menos de {public} direcciones públicas."
        ),
        Sentence::LetThroughAfterScan { least } => format!(
            "Cada uno fracasó en {least} o más parejas de equipo y puerto, y aquí una regla lo dejó pasar."
        ),
        Sentence::FateNotLogged => {
            "El registro no dice si hubo respuesta: los registros de NSG versión 1 y las reglas sin estado no tienen \
             finales ni bytes."
                .to_owned()
        }
        Sentence::AnsweredAdmin { addresses } => format!(
            "{addresses} {} una respuesta con contenido de un puerto que administra máquinas o datos.",
            one_or(*addresses, "dirección pública obtuvo", "direcciones públicas obtuvieron")
        ),
        Sentence::ConnectionsASecond { least } => {
            format!("Al menos {} por segundo de media en todos los datos.", plain(*least))
        }
        Sentence::ProxiesDoTheSame => {
            "Los proxies y los servicios con mucha carga y sin reserva de conexiones hacen lo mismo.".to_owned()
        }
        Sentence::OpenForHours { low, medium, host, rare } => format!(
            "{} horas o más; medio desde {} horas si ningún otro equipo propio habla con {host}, {}.",
            plain(*low),
            plain(*medium),
            if *rare { "como aquí" } else { "y aquí otros lo hacen" }
        ),
        Sentence::LongByNature => {
            "Los buses de mensajes, los escritorios remotos y los túneles son largos por naturaleza.".to_owned()
        }
        Sentence::UploadOutOfLine { times, hosts, usual_bytes, score, limit } => format!(
            "{} veces lo que volvió; la mayor subida habitual de los {hosts} equipos que hablan con internet es {} \
             (puntuación z modificada {}, límite {}).",
            plain(*times),
            bytes(*usual_bytes),
            decimal(*score, 1),
            plain(*limit)
        ),
        Sentence::BackupsLookTheSame => {
            "Las copias de seguridad y las subidas de vídeo tienen el mismo aspecto.".to_owned()
        }
        Sentence::UsualOfHost { connections } => {
            format!("Lo habitual de este equipo: {}.", count(*connections))
        }
        Sentence::GotNoAnswer { percent, as_in_syn_flood } => format!(
            "El {percent} % de las que se sabe cómo acabaron no obtuvo respuesta{}.",
            if *as_in_syn_flood { ", como en una inundación SYN" } else { "" }
        ),
        Sentence::TooYoung { connections } => format!(
            "{} {} al final del registro para {}.",
            count(*connections),
            one_or(*connections, "era demasiado reciente", "eran demasiado recientes"),
            one_or(*connections, "juzgarla", "juzgarlas")
        ),
        Sentence::LoadTestsLookTheSame => {
            "Las pruebas de carga y un servicio que vuelve tras una caída tienen el mismo aspecto, pero reciben respuesta."
                .to_owned()
        }
        Sentence::TriedInVain { limit } => format!(
            "{limit} o más conexiones y paquetes hacia un equipo de internet fueron denegados, rechazados o quedaron sin \
             respuesta en cinco minutos: un ataque hacia fuera, o un cliente que reintenta sin pausa."
        ),
        Sentence::LookUpsAnswered => "Tráfico con respuesta al puerto 53 u 853 de internet.".to_owned(),
        Sentence::LookUpsLarge { packets, bytes } => format!(
            "Medio si un servidor recibió {packets} o más paquetes de {bytes} o más bytes de media: nombres tan largos \
             llevan datos."
        ),
        Sentence::OwnForwarder => "Un servidor DNS propio que reenvía consultas debe hacerlo.".to_owned(),
        Sentence::PasswordsInClear => {
            "El protocolo envía las contraseñas sin cifrar salvo que pase a TLS, cosa que los registros de flujo no \
             muestran."
                .to_owned()
        }
        Sentence::OneEndCannotEncrypt => {
            "El registro dice NX_FALLBACK o NX_HW_NOT_SUPPORTED: el cifrado de red virtual está activado, pero un extremo \
             no puede participar."
                .to_owned()
        }
        Sentence::DroppedUnencrypted => {
            "El registro dice NX_SW_NOT_READY, NX_NOT_ACCEPTED o NX_NOT_SUPPORTED: los paquetes se descartaron, y no por \
             una regla."
                .to_owned()
        }
        Sentence::BusyAround { logs } => format!(
            "El registro de flujo tenía actividad antes y después ({}).",
            counted(*logs, "registro de NIC", "registros de NIC")
        ),
        Sentence::GapsLookTheSame => {
            "Una máquina apagada, un blob no descargado o caducado, o un registro que alguien desactivó tienen aquí el \
             mismo aspecto."
                .to_owned()
        }
        Sentence::DeniedOnTheWayOut { packets } => format!(
            "Se {} {packets} {} de salida.",
            one_or(*packets, "denegó", "denegaron"),
            one_or(*packets, "paquete", "paquetes")
        ),
        Sentence::DeniedOutboundCauses => {
            "Una regla equivocada, un programa que no conoce la regla o software no deseado.".to_owned()
        }
        Sentence::NewLogins { hosts, times_usual, usual } => format!(
            "Sesiones SSH, RPC, SMB, RDP o WinRM con {hosts} o más equipos internos que no se habían visto con él, y \
             {} veces lo habitual en una hora ({usual}).",
            plain(*times_usual)
        ),
        Sentence::FirstHours => {
            "Está en las primeras horas de los datos, así que nada dice si es nuevo.".to_owned()
        }
        Sentence::RolloutsDoThis => {
            "Los servidores de administración y los despliegues lo hacen a propósito.".to_owned()
        }
        Sentence::ContactsOfAScanner { percent, failed } => format!(
            "Los primeros contactos de este equipo, en orden, son los de un explorador y no los de un equipo corriente \
             (prueba secuencial, {percent:.0} % de seguridad), y {failed} o más fracasaron."
        ),
        Sentence::DeadTargets { hosts } => {
            format!("No cuentan los destinos que {hosts} o más equipos no alcanzan.")
        }
        Sentence::OutdatedList => "Una lista de servidores anticuada tiene el mismo aspecto.".to_owned(),
        Sentence::HostsOfOnePort { limit, window, percent } => format!(
            "{limit} o más equipos denegaron, rechazaron o no respondieron en un puerto en {}, y al menos el \
             {percent:.0} % de los primeros contactos de ese tiempo fracasó.",
            duration(*window)
        ),
        Sentence::HostsPinged { limit, window, percent } => format!(
            "{limit} o más equipos recibieron uno o dos pings, y nada más, en {}, el {percent:.0} % o más en vano.",
            duration(*window)
        ),
        Sentence::InventoryDoesTheSame => {
            "El inventario y la supervisión hacen lo mismo a propósito.".to_owned()
        }
        Sentence::Regular { times, sizes, spread, duration, whole } => format!(
            "Intervalos regulares {}; tamaños parecidos {}; reparto uniforme {} {}; duración {} (cada uno de 0 a 1).",
            decimal(*times, 2),
            decimal(*sizes, 2),
            if *whole { "en el tiempo" } else { "entre ellas" },
            decimal(*spread, 2),
            decimal(*duration, 2)
        ),
        Sentence::DataCover { seconds } => {
            format!("Los datos abarcan {}: menos de un día dice menos.", duration(*seconds))
        }
        Sentence::ConnectionsWithin { connections, seconds } => {
            format!("{connections} conexiones en {}.", duration(*seconds))
        }
        Sentence::ShapeOfGaps { connections, seconds, shape, limit } => format!(
            "Las pausas entre {connections} conexiones en {} tienen forma {}: el azar tiene 1, un reloj con variación {} o más.",
            duration(*seconds),
            decimal(*shape, 1),
            plain(*limit)
        ),
        Sentence::UsersOfDestination { users, hosts } => {
            format!("{users} de {hosts} equipos {} el destino.", one_or(*users, "usa", "usan"))
        }
        Sentence::UpdatesLookTheSame => {
            "Las actualizaciones, la supervisión y los sondeos tienen el mismo aspecto.".to_owned()
        }
        Sentence::ManyDestinations { limit } => format!(
            "{limit} o más destinos de un equipo son propios de una supervisión, un rastreador o un servidor de correo: \
             el malware llama a uno o a pocos."
        ),
        Sentence::SessionsOfOneSource { limit } => format!(
            "{limit} o más sesiones con respuesta de un origen en 30 minutos, cortas y casi del mismo tamaño."
        ),
        Sentence::WorstSource { host, attempts, densest } => format!(
            "El peor es {host} con {} intentos, {} de ellos en 30 minutos.",
            count(*attempts),
            count(*densest)
        ),
        Sentence::LongSessionAfter { host, more } => {
            let more = if *more > 0 { format!(" y de {more} más") } else { String::new() };
            format!(
                "Después, una sesión de {host}{more} duró más de lo que un inicio de sesión puede estar inactivo, o fue \
                 mucho mayor: puede que se conozca la contraseña."
            )
        }
        Sentence::HealthChecks => {
            "Las comprobaciones de estado y los scripts que inician sesión a menudo se parecen.".to_owned()
        }
        Sentence::SessionsFromInside { people, services, patient, most } => format!(
            "{people} o más sesiones con respuesta en 5 minutos ({services} en servicios que usan los programas) o \
             {patient} en 30, cortas y casi del mismo tamaño; aquí hasta {most}."
        ),
        Sentence::LongerSessionFollowed => "Siguió una sesión más larga o mucho mayor.".to_owned(),
        Sentence::ProviderUnknown => "No se sabe quién administra el destino.".to_owned(),
        Sentence::ProviderVendor(name) => format!(
            "El destino es de {name}, con cuyos servicios se habla a menudo así: gravedad reducida."
        ),
        Sentence::ProviderRented(name) => {
            format!("El destino es de {name}, donde cualquiera puede alquilar un servidor.")
        }
    }
}

fn of_evidence(note: &Note, count: u64) -> String {
    let all = |ending| format!("{ending}{}", one_or(count, "", "s"));
    match note {
        Note::None => String::new(),
        Note::FailedWithin { burst, seconds } => {
            format!("en vano, {burst} de ellos en {}", duration(*seconds))
        }
        Note::FailedOnPort { burst, seconds } => {
            format!("en vano en este puerto, {burst} de ellos en {}", duration(*seconds))
        }
        Note::PingedWithin { seconds, unanswered } => {
            format!(
                "{} con ping en {}, {unanswered} de ellos sin respuesta",
                all("contactado"),
                duration(*seconds)
            )
        }
        Note::CameBack { bytes: back } => format!("{}, volvieron {}", all("permitida"), bytes(*back)),
        Note::LetThroughUntold => format!("{}, sin constancia de respuesta", all("permitida")),
        Note::WithoutRecord { before, after } => {
            format!("sin registros; {before} tuplas en la hora anterior, {after} en la posterior")
        }
        Note::Denied => all("denegado"),
        Note::BothWays => "en ambos sentidos".to_owned(),
        Note::InAll => "en total".to_owned(),
        Note::Sent => all("enviado"),
        Note::SentBytes { bytes: sent } => format!("{}, {}", all("enviado"), bytes(*sent)),
        Note::WithAnAnswer => "con respuesta".to_owned(),
        Note::InThatHour => "en esa hora".to_owned(),
        Note::ASecond { rate } => format!("a {} por segundo", decimal(*rate, 1)),
        Note::LongestHours { hours } => {
            format!("{} durante horas, la más larga {} h o más", all("abierta"), decimal(*hours, 1))
        }
        Note::Judged { mostly_failed } => {
            format!("{}{}", all("examinada"), if *mostly_failed { ", la mayoría en vano" } else { "" })
        }
        Note::OfLikeSize { densest, login_after } => format!(
            "de tamaño parecido, {densest} en la ventana más densa{}",
            if *login_after { ", y después un inicio de sesión" } else { "" }
        ),
    }
}

fn of_data(remark: &Remark) -> String {
    match remark {
        Remark::NoDenials => {
            "no se ven denegaciones: los datos no contienen filas D (no hubo, o el registro de flujo las omite)".to_owned()
        }
        Remark::NoBegins => {
            "no se ven inicios: los datos no contienen filas B; no se pueden distinguir conexiones incompletas, \
             reintentos ni balizas"
                .to_owned()
        }
        Remark::NoEnds => {
            "no se ven finales: los datos no contienen filas E; toda conexión parece abierta".to_owned()
        }
        Remark::NoContinued => {
            "los datos no contienen filas C: las conexiones largas solo se conocen cuando terminan".to_owned()
        }
        Remark::Gaps { logs } => format!(
            "{} nada en horas que están entre horas con registros: {} o faltan blobs",
            counted(*logs, "registro de NIC no tiene", "registros de NIC no tienen"),
            one_or(*logs, "inactiva, apagada", "inactivas, apagadas")
        ),
        Remark::LateOrEarly { logs } => format!(
            "{} más tarde que otros o {} antes",
            counted(*logs, "registro de NIC empieza", "registros de NIC empiezan"),
            one_or(*logs, "termina", "terminan")
        ),
        Remark::EmptyHours { hours } => {
            format!("{} del periodo sin un registro de ninguna NIC", counted(*hours, "hora", "horas"))
        }
        Remark::LoggedTwice { nics } => format!(
            "{} en registros de VNet y de NSG: lo que dicen ambos cuenta una vez, salvo las filas de NSG versión 1",
            counted(*nics, "NIC está", "NIC están")
        ),
        Remark::Stateless { connections } => format!(
            "{} por reglas TCP de entrada propias de los NSG sin final ni bytes: así las escriben los registros de NSG \
             versión 2 mientras la red virtual no tiene FlowTimeoutInMinutes; no se sabe si {} respuesta",
            counted(*connections, "conexión entró", "conexiones entraron"),
            one_or(*connections, "tuvo", "tuvieron")
        ),
        Remark::Untimed { tuples } => format!(
            "{} en registros sin una hora entre 1970 y 9999: {} de ninguna hora",
            counted(*tuples, "tupla está", "tuplas están"),
            one_or(*tuples, "cuenta, pero no es", "cuentan, pero no son")
        ),
        Remark::Repeated { records } => format!(
            "{}: otros archivos contienen {}",
            counted(*records, "registro omitido", "registros omitidos"),
            one_or(*records, "el mismo", "los mismos")
        ),
    }
}

fn of_comparison(caveat: &Caveat) -> String {
    match caveat {
        Caveat::Empty(set) => {
            format!("{set} no contiene ninguna tupla: todo lo del otro conjunto figura como nuevo o desaparecido.")
        }
        Caveat::Faults { set, cut, files, malformed } => {
            let cut = (*cut > 0).then(|| {
                let could = one_or(*cut, "no se pudo leer", "no se pudieron leer");
                format!("{could} por completo {cut} de {files} archivos")
            });
            let malformed = (*malformed > 0)
                .then(|| format!("{malformed} {}", one_or(*malformed, "tupla mal formada", "tuplas mal formadas")));
            let faults: Vec<String> = cut.into_iter().chain(malformed).collect();
            format!("{set}: {}; lo que contienen figura como desaparecido o nuevo.", faults.join(", y "))
        }
        Caveat::NoDenied(set) => format!(
            "{set} no contiene tuplas denegadas (filas D): no se denegó nada, o su registro de flujo está configurado \
             para omitirlas. Las denegaciones no se pueden comparar."
        ),
        Caveat::NoAllowed(set) => format!(
            "{set} solo contiene tuplas denegadas (filas D): el tráfico permitido no se puede comparar."
        ),
        Caveat::NoBegun(set) => format!(
            "{set} no contiene tuplas de inicio (filas B): su registro de flujo las omite, así que faltan las conexiones \
             que se iniciaron y no continuaron, y la misma 5-tupla usada otra vez puede contar como una sola."
        ),
        Caveat::NoCounters(set) => format!(
            "{set} tiene tuplas sin ciclo de vida (filas A: registros de NSG versión 1, Análisis de tráfico), que no \
             registran finales y a menudo ni paquetes ni bytes."
        ),
        Caveat::Mixed(set) => format!(
            "{set} contiene registros de flujo de NSG y de VNet: lo que una NIC tiene en ambos cuenta dos veces. \
             Indíquelos como dos conjuntos para compararlos."
        ),
        Caveat::Spans(longer) => {
            let shorter = longer.other();
            format!(
                "{longer} abarca más tiempo que {shorter}: los volúmenes se comparan por hora, y lo que falta en \
                 {shorter} puede que solo haya tenido menos tiempo para aparecer."
            )
        }
        Caveat::OtherTime => {
            "Un conjunto es de registros de flujo de NSG y el otro de VNet, y no tienen tiempo en común: que a uno le \
             falte lo que tiene el otro no dice nada."
                .to_owned()
        }
        Caveat::Overlap { .. } => format!(
            "Los conjuntos coinciden en el tiempo durante {}: lo que contienen ambos es el mismo tráfico, no tráfico que \
             se mantuvo.",
            caveat.overlap()
        ),
        Caveat::Nics { set, nics, named } => {
            let more = match nics.saturating_sub(named.len() as u64) {
                0 => String::new(),
                more => format!(" y {more} más"),
            };
            format!(
                "{nics} NIC {} en {set} y no en {} ({}{more}): su tráfico figura como {}.",
                one_or(*nics, "está", "están"),
                set.other(),
                named.join(", "),
                if *set == Letter::A { "desaparecido" } else { "nuevo" }
            )
        }
        Caveat::NoCommonHost => {
            "Ningún equipo tiene tráfico permitido en ambos conjuntos: ¿son de la misma red?".to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
