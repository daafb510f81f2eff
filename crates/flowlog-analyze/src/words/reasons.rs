//! Sentences about findings and data, which are made in English: the same in Spanish.
//!
//! A sentence is known by its words; what stands between them (`{}`) goes over as it is. What is not known stays in
//! English, whole: half a translation would be worse.

use super::Lang;

/// Characters of what stands in a hole at most: an address, a number, a name.
const HOLE: usize = 120;

/// Why a finding was raised, and whether it is in that language now.
pub(crate) fn reason(lang: Lang, english: &str) -> (String, bool) {
    translated(lang, english, &SENTENCES)
}

/// What the data cannot tell.
pub(crate) fn remark(lang: Lang, english: &str) -> (String, bool) {
    translated(lang, english, &REMARKS)
}

fn translated(lang: Lang, english: &str, known: &[(&str, &str)]) -> (String, bool) {
    if lang == Lang::En {
        return (english.to_owned(), true);
    }
    match spanish(english, known) {
        Some(text) => (text, true),
        None => (english.to_owned(), false),
    }
}

/// The text sentence by sentence; nothing if one of them is not known.
fn spanish(english: &str, known: &[(&str, &str)]) -> Option<String> {
    let (mut rest, mut told) = (english.trim(), Vec::new());
    while !rest.is_empty() {
        // The longest that fits: some begin like others.
        let fits = known.iter().filter_map(|(one, other)| Some((begins(rest, one)?, *other)));
        let ((holes, after), other) = fits.min_by_key(|((_, after), _)| after.len())?;
        let mut pieces = other.split("{}");
        let mut sentence = pieces.next().unwrap_or_default().to_owned();
        for (hole, piece) in holes.iter().zip(pieces) {
            sentence.push_str(&units(hole));
            sentence.push_str(piece);
        }
        told.push(sentence);
        rest = after.trim_start();
    }
    Some(told.join(" "))
}

/// What stands in the holes of `sentence` if `text` begins with it, and what comes behind it.
fn begins<'t>(text: &'t str, sentence: &str) -> Option<(Vec<&'t str>, &'t str)> {
    let mut pieces = sentence.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut holes = Vec::new();
    for piece in pieces {
        let (hole, after) = rest.split_once(piece)?;
        if hole.is_empty() || hole.chars().count() > HOLE || hole.contains(". ") {
            return None;
        }
        holes.push(hole);
        rest = after;
    }
    (rest.is_empty() || rest.starts_with(' ')).then_some((holes, rest))
}

/// Units behind numbers.
fn units(hole: &str) -> String {
    const UNITS: [(&str, &str); 6] = [
        (" hours", " horas"),
        (" days", " días"),
        (" NIC logs", " registros de NIC"),
        (" NIC log", " registro de NIC"),
        (" more", " más"),
        (" and ", " y "),
    ];
    UNITS.iter().fold(hole.to_owned(), |text, (one, other)| text.replace(one, other))
}

/// Sentences of reasons.
const SENTENCES: [(&str, &str); 69] = [
    ("{} connection to it was let out and answered.", "{} conexión a ella pasó hacia fuera con respuesta."),
    (
        "{} connections to it were let out and answered.",
        "{} conexiones a ella pasaron hacia fuera con respuesta.",
    ),
    (
        "{} connection to it was let out and got no answer that is known.",
        "{} conexión a ella pasó hacia fuera sin respuesta conocida.",
    ),
    (
        "{} connections to it were let out and got no answer that is known.",
        "{} conexiones a ella pasaron hacia fuera sin respuesta conocida.",
    ),
    ("{} connection from it was let in and answered.", "{} conexión desde ella entró con respuesta."),
    ("{} connections from it were let in and answered.", "{} conexiones desde ella entraron con respuesta."),
    (
        "{} connection from it was let in and got no answer that is known.",
        "{} conexión desde ella entró sin respuesta conocida.",
    ),
    (
        "{} connections from it were let in and got no answer that is known.",
        "{} conexiones desde ella entraron sin respuesta conocida.",
    ),
    (
        "{} packet to it was denied: something on the inside wants to go there.",
        "{} paquete hacia ella fue denegado: algo de dentro quiere ir allí.",
    ),
    (
        "{} packet from there was denied on the way in: the rules do what they should.",
        "{} paquete desde allí fue denegado a la entrada: las reglas hacen lo que deben.",
    ),
    (
        "{} packets to it were denied: something on the inside wants to go there.",
        "{} paquetes hacia ella fueron denegados: algo de dentro quiere ir allí.",
    ),
    (
        "{} packets from there were denied on the way in: the rules do what they should.",
        "{} paquetes desde allí fueron denegados a la entrada: las reglas hacen lo que deben.",
    ),
    (
        "Lists hold addresses that many rent one after the other, shared hosts and researchers' scanners, too: what the list says of the address, and of when, decides.",
        "Las listas contienen también direcciones que muchos alquilan una tras otra, equipos compartidos y exploradores de investigación: decide lo que dice la lista de la dirección, y de cuándo.",
    ),
    (
        "The protocol sends passwords in clear unless it switches to TLS, which flow logs cannot show.",
        "El protocolo envía las contraseñas sin cifrar salvo que pase a TLS, cosa que los registros de flujo no muestran.",
    ),
    ("{} packets were denied on the way out.", "Se denegaron {} paquetes de salida."),
    (
        "A wrong rule, a program nobody told of the rule, or unwanted software.",
        "Una regla equivocada, un programa que no conoce la regla o software no deseado.",
    ),
    (
        "Answered traffic to port 53 or 853 in the internet.",
        "Tráfico con respuesta al puerto 53 u 853 de internet.",
    ),
    (
        "Medium if a resolver got {} packets or more of {} bytes or more on average: names that long carry data.",
        "Medio si un servidor recibió {} paquetes o más de {} bytes o más de media: nombres tan largos llevan datos.",
    ),
    (
        "An own DNS server that forwards is meant to do so.",
        "Un servidor DNS propio que reenvía consultas debe hacerlo.",
    ),
    (
        "The log says NX_FALLBACK or NX_HW_NOT_SUPPORTED: virtual network encryption is on, but one end cannot take part.",
        "El registro dice NX_FALLBACK o NX_HW_NOT_SUPPORTED: el cifrado de red virtual está activado, pero un extremo no puede participar.",
    ),
    (
        "The log says NX_SW_NOT_READY, NX_NOT_ACCEPTED or NX_NOT_SUPPORTED: the packets were dropped, by no rule.",
        "El registro dice NX_SW_NOT_READY, NX_NOT_ACCEPTED o NX_NOT_SUPPORTED: los paquetes se descartaron, y no por una regla.",
    ),
    (
        "{} times what came back; the usual largest upload of the {} hosts that talk to the internet is {} (modified z-score {}, limit {}).",
        "{} veces lo que volvió; la mayor subida habitual de los {} equipos que hablan con internet es {} (puntuación z modificada {}, límite {}).",
    ),
    (
        "Backups and media uploads look the same.",
        "Las copias de seguridad y las subidas de vídeo tienen el mismo aspecto.",
    ),
    (
        "{} public address got an answer with payload from a port that administers machines or data.",
        "{} dirección pública obtuvo una respuesta con contenido de un puerto que administra máquinas o datos.",
    ),
    (
        "{} public addresses got an answer with payload from a port that administers machines or data.",
        "{} direcciones públicas obtuvieron una respuesta con contenido de un puerto que administra máquinas o datos.",
    ),
    ("Usual for this host: {}.", "Lo habitual de este equipo: {}."),
    (
        "{} % of those whose fate is known got no answer, as in a SYN flood.",
        "El {} % de las que se sabe cómo acabaron no obtuvo respuesta, como en una inundación SYN.",
    ),
    (
        "{} % of those whose fate is known got no answer.",
        "El {} % de las que se sabe cómo acabaron no obtuvo respuesta.",
    ),
    (
        "{} were too young at the end of the log to be judged.",
        "{} eran demasiado recientes al final del registro para juzgarlas.",
    ),
    (
        "Load tests and a service back after an outage look the same, but are answered.",
        "Las pruebas de carga y un servicio que vuelve tras una caída tienen el mismo aspecto, pero reciben respuesta.",
    ),
    (
        "{} or more connections and packets to one host of the internet were denied, refused or unanswered within five minutes: an attack that goes out, or a client that tries again without a pause.",
        "{} conexiones y paquetes o más hacia un equipo de internet fueron denegados, rechazados o quedaron sin respuesta en cinco minutos: un ataque hacia fuera, o un cliente que reintenta sin pausa.",
    ),
    (
        "Inventory and monitoring do the same on purpose.",
        "El inventario y la supervisión hacen lo mismo a propósito.",
    ),
    (
        "Sessions over SSH, RPC, SMB, RDP or WinRM to {} or more internal hosts not seen with it before, and {} times its usual hour ({}).",
        "Sesiones SSH, RPC, SMB, RDP o WinRM con {} equipos internos o más que no se habían visto con él, y {} veces lo habitual en una hora ({}).",
    ),
    (
        "It stands in the first hours of the data, so nothing tells whether it is new.",
        "Está en las primeras horas de los datos, así que nada dice si es nuevo.",
    ),
    (
        "Management servers and roll-outs do this on purpose.",
        "Los servidores de administración y los despliegues lo hacen a propósito.",
    ),
    (
        "The flow log was busy before and after ({}).",
        "El registro de flujo tenía actividad antes y después ({}).",
    ),
    (
        "A machine that was switched off, a blob that was not downloaded or has expired, or logging that somebody switched off look the same here.",
        "Una máquina apagada, un blob no descargado o caducado, o un registro que alguien desactivó tienen aquí el mismo aspecto.",
    ),
    (
        "{} hours or longer; medium from {} hours if no other own host talks to {}, as here.",
        "{} horas o más; medio desde {} horas si ningún otro equipo propio habla con {}, como aquí.",
    ),
    (
        "{} hours or longer; medium from {} hours if no other own host talks to {}, as others do here.",
        "{} horas o más; medio desde {} horas si ningún otro equipo propio habla con {}, lo que aquí otros hacen.",
    ),
    ("Nothing is known of who runs the destination.", "No se sabe quién administra el destino."),
    (
        "The destination is of {}, whose services are often talked to so: severity lowered.",
        "El destino es de {}, con cuyos servicios se habla a menudo así: gravedad reducida.",
    ),
    (
        "The destination is of {}, where anyone can rent a server.",
        "El destino es de {}, donde cualquiera puede alquilar un servidor.",
    ),
    (
        "Message buses, remote desktops and tunnels are long by nature.",
        "Los buses de mensajes, los escritorios remotos y los túneles son largos por naturaleza.",
    ),
    (
        "It failed on {} pairs of host and port ({} make a scan) and got payload back from a service that fewer than {} public addresses use.",
        "Fracasó en {} parejas de equipo y puerto (con {} es una exploración) y recibió contenido de un servicio que usan menos de {} direcciones públicas.",
    ),
    (
        "Each failed on {} or more pairs of host and port, and a rule let it through here.",
        "Cada uno fracasó en {} parejas de equipo y puerto o más, y aquí una regla lo dejó pasar.",
    ),
    (
        "The log does not say whether it was answered: NSG flow logs version 1, and stateless rules, have neither ends nor bytes.",
        "El registro no dice si hubo respuesta: los registros de NSG versión 1 y las reglas sin estado no tienen finales ni bytes.",
    ),
    (
        "The first contacts of this host, in order, are those of a scanner rather than of an ordinary host (sequential test, {} % sure), and {} or more failed.",
        "Los primeros contactos de este equipo, en orden, son los de un explorador y no los de un equipo corriente (prueba secuencial, {} % de seguridad), y {} o más fracasaron.",
    ),
    (
        "Targets that {} or more hosts fail to reach are left out.",
        "No cuentan los destinos que {} equipos o más no alcanzan.",
    ),
    (
        "An outdated list of servers looks the same.",
        "Una lista de servidores anticuada tiene el mismo aspecto.",
    ),
    (
        "At least {} a second on average over the whole data.",
        "Al menos {} por segundo de media en todos los datos.",
    ),
    (
        "Proxies and busy services without connection pools do the same.",
        "Los proxies y los servicios con mucha carga y sin reserva de conexiones hacen lo mismo.",
    ),
    (
        "{} or more distinct ports of one host were denied, refused or unanswered within {}; here up to {}.",
        "{} puertos distintos o más de un equipo fueron denegados, rechazados o quedaron sin respuesta en {}; aquí hasta {}.",
    ),
    (
        "Vulnerability scanners and monitoring do the same on purpose.",
        "Los escáneres de vulnerabilidades y la supervisión hacen lo mismo a propósito.",
    ),
    (
        "Regular intervals {}, like sizes {}, even spread over time {}, duration {} (each 0 to 1).",
        "Intervalos regulares {}, tamaños parecidos {}, reparto uniforme en el tiempo {}, duración {} (cada uno de 0 a 1).",
    ),
    (
        "Regular intervals {}, like sizes {}, even spread over these {}, duration {} (each 0 to 1).",
        "Intervalos regulares {}, tamaños parecidos {}, reparto uniforme entre ellas {}, duración {} (cada uno de 0 a 1).",
    ),
    ("The data cover {}: less than a day says less.", "Los datos abarcan {}: menos de un día dice menos."),
    ("{} connections within {}.", "{} conexiones en {}."),
    (
        "The gaps between {} connections within {} have shape {}: chance has 1, a clock with jitter {} or more.",
        "Las pausas entre {} conexiones en {} tienen forma {}: el azar tiene 1, un reloj con variación {} o más.",
    ),
    ("{} of {} hosts use the destination.", "{} de {} equipos usan el destino."),
    (
        "Updates, monitoring and polling look the same.",
        "Las actualizaciones, la supervisión y los sondeos tienen el mismo aspecto.",
    ),
    (
        "{} or more destinations of one host are what a monitor, a crawler or a mail server has: malware calls one or few.",
        "{} destinos o más de un equipo son propios de una supervisión, un rastreador o un servidor de correo: el malware llama a uno o a pocos.",
    ),
    (
        "{} or more answered sessions of one source in 30 minutes, short and of nearly the same size.",
        "{} sesiones con respuesta o más de un origen en 30 minutos, cortas y casi del mismo tamaño.",
    ),
    (
        "The worst is {} with {} attempts, {} of them in 30 minutes.",
        "El peor es {} con {} intentos, {} de ellos en 30 minutos.",
    ),
    (
        "After that, a session lasted longer than a login may stand idle, or was much larger, of {}: the password may be known.",
        "Después, una sesión de {} duró más de lo que un inicio de sesión puede estar inactivo, o fue mucho mayor: puede que se conozca la contraseña.",
    ),
    (
        "Health checks and scripts that log in often look alike.",
        "Las comprobaciones de estado y los scripts que inician sesión a menudo se parecen.",
    ),
    (
        "{} or more answered sessions in 5 minutes ({} at services that programs use) or {} in 30, short and of nearly the same size; here up to {}.",
        "{} sesiones con respuesta o más en 5 minutos ({} en servicios que usan los programas) o {} en 30, cortas y casi del mismo tamaño; aquí hasta {}.",
    ),
    ("A longer or much larger session followed.", "Siguió una sesión más larga o mucho mayor."),
    (
        "{} or more hosts were denied, refused or unanswered on one port within {}, and at least {} % of the first contacts in that time failed.",
        "{} equipos o más denegaron, rechazaron o no respondieron en un puerto en {}, y al menos el {} % de los primeros contactos de ese tiempo fracasó.",
    ),
    (
        "{} or more hosts were pinged once or twice, and never else, within {}, {} % or more in vain.",
        "{} equipos o más recibieron uno o dos pings, y nada más, en {}, el {} % o más en vano.",
    ),
];

/// Sentences of remarks.
const REMARKS: [(&str, &str); 18] = [
    (
        "no denials can be seen: the data holds no D rows (none happened, or the flow log leaves them out)",
        "no se ven denegaciones: los datos no contienen filas D (no hubo, o el registro de flujo las omite)",
    ),
    (
        "no begins can be seen: the data holds no B rows; incomplete connections, retries and beacons cannot be told",
        "no se ven inicios: los datos no contienen filas B; no se pueden distinguir conexiones incompletas, reintentos ni balizas",
    ),
    (
        "no ends can be seen: the data holds no E rows; every connection looks open",
        "no se ven finales: los datos no contienen filas E; toda conexión parece abierta",
    ),
    (
        "the data holds no C rows: long connections are known only when they end",
        "los datos no contienen filas C: las conexiones largas solo se conocen cuando terminan",
    ),
    (
        "{} NIC log has no records for hours that lie between hours with records: idle, switched off, or blobs missing",
        "{} registro de NIC no tiene nada en horas que están entre horas con registros: inactiva, desactivada o faltan blobs",
    ),
    (
        "{} NIC logs have no records for hours that lie between hours with records: idle, switched off, or blobs missing",
        "{} registros de NIC no tienen nada en horas que están entre horas con registros: inactivas, desactivadas o faltan blobs",
    ),
    (
        "{} NIC log begins later than others or ends earlier",
        "{} registro de NIC empieza más tarde que otros o termina antes",
    ),
    (
        "{} NIC logs begin later than others or end earlier",
        "{} registros de NIC empiezan más tarde que otros o terminan antes",
    ),
    (
        "{} hour within the period without a record of any NIC",
        "{} hora del periodo sin un registro de ninguna NIC",
    ),
    (
        "{} hours within the period without a record of any NIC",
        "{} horas del periodo sin un registro de ninguna NIC",
    ),
    (
        "{} NIC is in both VNet and NSG flow logs: what both tell of counts once, except NSG version 1 rows",
        "{} NIC está en registros de VNet y de NSG: lo que dicen ambos cuenta una vez, salvo las filas de NSG versión 1",
    ),
    (
        "{} NICs are in both VNet and NSG flow logs: what both tell of counts once, except NSG version 1 rows",
        "{} NIC están en registros de VNet y de NSG: lo que dicen ambos cuenta una vez, salvo las filas de NSG versión 1",
    ),
    (
        "{} connection was let in by NSGs' own inbound TCP rules without end and bytes: so NSG flow logs version 2 write them while the virtual network has no FlowTimeoutInMinutes; whether they were answered is not known",
        "{} conexión entró por reglas TCP de entrada propias de los NSG sin final ni bytes: así las escriben los registros de NSG versión 2 mientras la red virtual no tiene FlowTimeoutInMinutes; no se sabe si tuvo respuesta",
    ),
    (
        "{} connections were let in by NSGs' own inbound TCP rules without end and bytes: so NSG flow logs version 2 write them while the virtual network has no FlowTimeoutInMinutes; whether they were answered is not known",
        "{} conexiones entraron por reglas TCP de entrada propias de los NSG sin final ni bytes: así las escriben los registros de NSG versión 2 mientras la red virtual no tiene FlowTimeoutInMinutes; no se sabe si tuvieron respuesta",
    ),
    (
        "{} tuple is in records without a time between 1970 and 9999: they are counted, but belong to no hour",
        "{} tupla está en registros sin una hora entre 1970 y 9999: cuenta, pero no es de ninguna hora",
    ),
    (
        "{} tuples are in records without a time between 1970 and 9999: they are counted, but belong to no hour",
        "{} tuplas están en registros sin una hora entre 1970 y 9999: cuentan, pero no son de ninguna hora",
    ),
    (
        "{} record passed over: other files hold the same",
        "{} registro omitido: otros archivos contienen el mismo",
    ),
    (
        "{} records passed over: other files hold the same",
        "{} registros omitidos: otros archivos contienen los mismos",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_known_by_their_words() {
        let english = "15 or more distinct ports of one host were denied, refused or unanswered within 5 min; here up \
                       to 27. Vulnerability scanners and monitoring do the same on purpose.";
        let (text, known) = reason(Lang::Es, english);
        assert!(
            known && text.starts_with("15 puertos distintos o más") && text.contains("aquí hasta 27. Los"),
            "{text}"
        );
        assert_eq!(reason(Lang::En, english), (english.to_owned(), true));
        let longest =
            "5 public addresses got an answer with payload from a port that administers machines or data.";
        assert!(reason(Lang::Es, longest).0.starts_with("5 direcciones"));
    }

    #[test]
    fn what_is_not_known_stays_as_it_is() {
        for text in ["Something new. An outdated list of servers looks the same.", "An outdated list"] {
            assert_eq!(reason(Lang::Es, text), (text.to_owned(), false));
        }
    }

    #[test]
    fn no_sentence_loses_a_hole() {
        for (one, other) in SENTENCES.iter().chain(&REMARKS) {
            assert_eq!(one.matches("{}").count(), other.matches("{}").count(), "{one}");
            assert!(one != other && !other.is_empty());
        }
    }
}
