//! Findings in each language.

use flowlog_core::finding::{Concern, Deed, Subjects, Unit};
use flowlog_core::text::{bytes, count};

use super::Lang;

/// One line about findings of one concern.
pub(crate) fn line(lang: Lang, concern: &Concern) -> String {
    match lang {
        Lang::En => concern.line(),
        Lang::Es => spanish(concern),
    }
}

fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

fn who(subjects: &Subjects, many: &str) -> String {
    match subjects.named.as_slice() {
        [one] if subjects.total == 1 => one.clone(),
        [one, other] if subjects.total == 2 => format!("{one} y {other}"),
        _ => format!("{} {many}", count(subjects.total)),
    }
}

fn spanish(concern: &Concern) -> String {
    let Concern { deed, object, subjects, amount } = concern;
    let (amount, many) = (*amount, subjects.total > 1);
    let hosts = who(subjects, "equipos");
    let verb = |one: &'static str, several: &'static str| if many { several } else { one };
    match deed {
        Deed::PortScan if many => format!("{hosts} exploran los puertos de {object}"),
        Deed::PortScan => format!("{hosts} explora {} puertos de {object}", count(amount)),
        Deed::Sweep if many => format!("{hosts} prueban {object} en muchos equipos"),
        Deed::Sweep => format!("{hosts} prueba {object} en {} equipos", count(amount)),
        Deed::PingSweep if many => format!("{hosts} hacen ping a muchos equipos"),
        Deed::PingSweep => format!("{hosts} hace ping a {} equipos", count(amount)),
        Deed::SlowScan => format!("{hosts} {} con un equipo nuevo tras otro", verb("fracasa", "fracasan")),
        Deed::ScanAnswered => format!("{hosts}: exploración de {object} con respuesta"),
        Deed::ScanLetThrough => format!("{hosts}: exploración de {object} que pasó"),
        Deed::Guessing(service) => {
            let blank = if service.is_empty() { "" } else { " de " };
            let sources = who(subjects, "orígenes");
            format!("{sources} {} contraseñas{blank}{service} en {object}", verb("prueba", "prueban"))
        }
        Deed::ScheduledLogin => {
            format!("{} inicia{} sesión en {object} a horas fijas", who(subjects, "orígenes"), verb("", "n"))
        }
        Deed::Exposed => format!("internet alcanza {object} de {hosts}"),
        Deed::Lateral if many => format!("{hosts} inician sesión por primera vez en muchos equipos"),
        Deed::Lateral => format!("{hosts} inicia sesión por primera vez en {} equipos", count(amount)),
        Deed::Beacon => format!("{hosts} {} a {object} a intervalos fijos", verb("llama", "llaman")),
        Deed::Poller => format!("{hosts} {} a muchos equipos a intervalos fijos", verb("llama", "llaman")),
        Deed::Strobe => format!("{hosts} se conecta{} sin pausa a {object}", verb("", "n")),
        Deed::Long if many => format!("{hosts} siguen conectados a {object} durante horas"),
        Deed::Long => format!("{hosts} sigue conectado a {object} {}", counted(amount, "hora", "horas")),
        Deed::Upload => format!("{hosts} {} {} a {object}", verb("envió", "enviaron"), bytes(amount)),
        Deed::Flooded => format!("{} conexiones en pocos minutos a {hosts}", count(amount)),
        Deed::Flood => {
            format!("{hosts} {} {object} {} veces en vano", verb("intenta", "intentan"), count(amount))
        }
        Deed::DnsBypass => {
            format!("{hosts} {} nombres sin pasar por el servidor propio", verb("resuelve", "resuelven"))
        }
        Deed::DnsTunnel => {
            format!("{hosts} {} muchos datos como consultas de nombres", verb("envía", "envían"))
        }
        Deed::Cleartext => format!(
            "{object}: contraseñas sin cifrar en {}",
            counted(amount, "conversación", "conversaciones")
        ),
        Deed::Unencrypted => format!(
            "{} sin cifrar aunque el cifrado está activado",
            counted(amount, "conversación", "conversaciones")
        ),
        Deed::Dropped => counted(
            amount,
            "conversación descartada por falta de cifrado",
            "conversaciones descartadas por falta de cifrado",
        ),
        Deed::DeniedOutbound => {
            format!("{hosts}: {} hacia internet", counted(amount, "paquete denegado", "paquetes denegados"))
        }
        Deed::ThreatCalled => {
            format!(
                "{hosts} de la lista {object} {} llamadas: {}",
                verb("recibió", "recibieron"),
                bytes(amount)
            )
        }
        Deed::ThreatLetIn => {
            format!("{hosts} de la lista {object} {}: {}", verb("entró", "entraron"), bytes(amount))
        }
        Deed::ThreatDenied => format!(
            "{hosts} de la lista {object}: {} hacia allí",
            counted(amount, "paquete denegado", "paquetes denegados")
        ),
        Deed::ThreatKeptOut => {
            format!("{hosts} de la lista {object} {} fuera", verb("quedó", "quedaron"))
        }
        Deed::LogGap => {
            format!("{}: {} sin registros de flujo", who(subjects, "NIC"), counted(amount, "hora", "horas"))
        }
    }
}

/// What a row of evidence counts, for so many.
pub(crate) fn unit(lang: Lang, unit: Unit, count: u64) -> &'static str {
    let [one, many] = match (lang, unit) {
        (Lang::En, _) => unit.words(),
        (Lang::Es, Unit::Hosts) => ["equipo", "equipos"],
        (Lang::Es, Unit::Ports) => ["puerto", "puertos"],
        (Lang::Es, Unit::Connections) => ["conexión", "conexiones"],
        (Lang::Es, Unit::Sessions) => ["sesión", "sesiones"],
        (Lang::Es, Unit::FailedAttempts) => ["intento fallido", "intentos fallidos"],
        (Lang::Es, Unit::Packets) => ["paquete", "paquetes"],
        (Lang::Es, Unit::Bytes) => ["byte", "bytes"],
        (Lang::Es, Unit::Tuples) => ["tupla", "tuplas"],
        (Lang::Es, Unit::Hours) => ["hora", "horas"],
    };
    if count == 1 { one } else { many }
}

/// What detectors advise, and the same in Spanish.
const NEXT_STEPS: [(&str, &str); 22] = [
    ("Move the clients to the protocol's TLS port.", "Pase los clientes al puerto TLS del protocolo."),
    (
        "Find the program on the source: allow it, or remove it.",
        "Busque el programa en el origen: permítalo o elimínelo.",
    ),
    (
        "Allow port 53 to the own resolvers only; look at the names asked for if the resolver logs them.",
        "Permita el puerto 53 solo hacia los servidores DNS propios; mire qué nombres se pidieron si el servidor los registra.",
    ),
    (
        "Look at the virtual machine sizes of both ends: not all support virtual network encryption.",
        "Mire los tamaños de máquina virtual de ambos extremos: no todos admiten el cifrado de red virtual.",
    ),
    (
        "Find out who runs the destination and which data the source holds.",
        "Averigüe quién administra el destino y qué datos guarda el origen.",
    ),
    (
        "Close the port to the internet (Azure Bastion, VPN, just-in-time access), then check the sources.",
        "Cierre el puerto a internet (Azure Bastion, VPN, acceso justo a tiempo) y revise después los orígenes.",
    ),
    (
        "See whether the service kept answering; if the sources are public, think of DDoS protection.",
        "Compruebe si el servicio siguió respondiendo; si los orígenes son públicos, piense en la protección contra DDoS.",
    ),
    (
        "Find the program on the source; isolate the host if nobody owns it.",
        "Busque el programa en el origen; aísle el equipo si nadie responde por él.",
    ),
    (
        "Find out which program on the source did it; isolate the host if nobody owns the sweep.",
        "Averigüe qué programa del origen lo hizo; aísle el equipo si nadie responde por el barrido.",
    ),
    (
        "Ask who ran what on the source in that hour; look at the targets' login records.",
        "Pregunte quién ejecutó qué en el origen a esa hora; mire los registros de inicio de sesión de los destinos.",
    ),
    (
        "Look for the hours in the container; then in the activity log for changes of the flow log and of the machine.",
        "Busque esas horas en el contenedor; después, en el registro de actividad, cambios del registro de flujo y de la máquina.",
    ),
    (
        "Find out who runs the other end and which program keeps the connection.",
        "Averigüe quién administra el otro extremo y qué programa mantiene la conexión.",
    ),
    (
        "Close the answering port to the internet, or look at the service's log for this source.",
        "Cierre a internet el puerto que responde, o mire en el registro del servicio qué hizo este origen.",
    ),
    (
        "Close the port to the internet, or look at the service's log for these sources.",
        "Cierre el puerto a internet, o mire en el registro del servicio qué hicieron estos orígenes.",
    ),
    (
        "Look the address up where the list comes from, and find the program on the own host that spoke with it.",
        "Busque la dirección donde se publica la lista, y el programa del equipo propio que habló con ella.",
    ),
    ("None, as long as nothing of the list is let in.", "Ninguno, mientras no entre nada de la lista."),
    (
        "Look at what on the source opens these connections, and whether the targets ever existed.",
        "Mire qué abre estas conexiones en el origen, y si los destinos existieron alguna vez.",
    ),
    (
        "Find the program on the source; a client in a retry loop costs ports and money.",
        "Busque el programa en el origen; un cliente que reintenta sin fin cuesta puertos y dinero.",
    ),
    (
        "Find out which program on the source did it; isolate the host if nobody owns the scan.",
        "Averigüe qué programa del origen lo hizo; aísle el equipo si nadie responde por la exploración.",
    ),
    (
        "Find the program on the source that opens these connections, and who runs the destination.",
        "Busque en el origen el programa que abre estas conexiones, y quién administra el destino.",
    ),
    (
        "Find the program on the source that opens these connections; suppress the finding if it is meant to.",
        "Busque en el origen el programa que abre estas conexiones; suprima el hallazgo si es lo que debe hacer.",
    ),
    (
        "Look at the service's own log for failed and successful logins of these sources; close the port to them.",
        "Mire en el registro del servicio los inicios de sesión fallidos y correctos de estos orígenes; ciérreles el puerto.",
    ),
];

/// What to do next, as a detector says it.
pub(crate) fn next_step(lang: Lang, english: &'static str) -> &'static str {
    let known = || NEXT_STEPS.iter().find(|(text, _)| *text == english).map(|(_, spanish)| *spanish);
    match lang {
        Lang::En => english,
        Lang::Es => known().unwrap_or(english),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Every text behind `next_step:` in the detectors.
    fn advice(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                advice(&path, found);
            } else if !path.ends_with("tests.rs") {
                let source = fs::read_to_string(&path).unwrap();
                let texts = source.split("next_step: \"").skip(1).filter_map(|rest| rest.split('"').next());
                found.extend(texts.map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_advice_is_there_in_spanish_and_no_other() {
        let mut found = BTreeSet::new();
        advice(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../flowlog-core/src/finding"), &mut found);
        found.remove("");
        let known: BTreeSet<String> = NEXT_STEPS.iter().map(|(english, _)| (*english).to_owned()).collect();
        assert!(found.len() >= 20);
        assert_eq!(found, known);
        assert!(NEXT_STEPS.iter().all(|(english, spanish)| english != spanish && !spanish.is_empty()));
    }
}
