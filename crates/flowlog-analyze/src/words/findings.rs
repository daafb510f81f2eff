//! Findings in each language.

use flowlog_core::finding::{
    ALL_NICS, Concern, Deed, EvidenceRow, Finding, NextStep, Object, Severity, Subjects, Unit,
};

use super::reasons::note;
use super::spanish::{bytes, count, counted, list};
use super::{Lang, say};

/// One line about findings of one concern.
pub(crate) fn line(lang: Lang, concern: &Concern) -> String {
    match lang {
        Lang::En => concern.line(),
        Lang::Es => spanish(concern),
    }
}

fn who(subjects: &Subjects, many: &str) -> String {
    match subjects.named.as_slice() {
        [one] if subjects.total == 1 && one == ALL_NICS => "todas las NIC".to_owned(),
        [one] if subjects.total == 1 => one.clone(),
        [one, other] if subjects.total == 2 => format!("{one} y {other}"),
        _ => format!("{} {many}", count(subjects.total)),
    }
}

fn object_of(object: &Object) -> String {
    match object {
        Object::Nothing => String::new(),
        Object::Name(name) if name == ALL_NICS => "todas las NIC".to_owned(),
        Object::Name(name) => name.clone(),
        Object::Hosts(number) => counted(*number, "equipo", "equipos"),
        Object::Ports(number) => counted(*number, "puerto", "puertos"),
        Object::Services(number) => counted(*number, "servicio", "servicios"),
        Object::NamedPorts(ports) => {
            let named: Vec<String> = ports.iter().map(u16::to_string).collect();
            format!("{} {}", if ports.len() == 1 { "puerto" } else { "puertos" }, list(&named))
        }
    }
}

fn spanish(concern: &Concern) -> String {
    let Concern { deed, object, subjects, amount } = concern;
    let object = object_of(object);
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

/// Unit and note of a row of evidence, which follow its number.
pub(crate) fn what(lang: Lang, row: &EvidenceRow) -> String {
    let blank = if row.note.is_empty() { "" } else { " " };
    format!("{}{blank}{}", unit(lang, row.unit, row.count), note(lang, &row.note, row.count))
}

/// One line about a finding.
pub(crate) fn title(lang: Lang, finding: &Finding) -> String {
    title_of(lang, &finding.title, &finding.concern)
}

/// The same of one that has this title and this concern.
pub(crate) fn title_of(lang: Lang, title: &str, concern: &Concern) -> String {
    match lang {
        Lang::En => title.to_owned(),
        Lang::Es => spanish(concern),
    }
}

/// The word for so many findings of a severity.
pub(crate) fn severities(lang: Lang, severity: Severity, number: u64) -> &'static str {
    match severity {
        severity if number == 1 => lang.say(severity.word()),
        Severity::Critical => say!(lang, "critical of many"),
        Severity::High => say!(lang, "high of many"),
        Severity::Medium => say!(lang, "medium of many"),
        Severity::Low => say!(lang, "low of many"),
        Severity::Info => say!(lang, "info of many"),
    }
}

/// What to do next.
pub(crate) fn next_step(lang: Lang, step: NextStep) -> &'static str {
    match lang {
        Lang::En => step.words(),
        Lang::Es => advice(step),
    }
}

fn advice(step: NextStep) -> &'static str {
    match step {
        NextStep::AllowOrRemove => "Busque el programa en el origen: permítalo o elimínelo.",
        NextStep::AllowOwnResolvers => {
            "Permita el puerto 53 solo hacia los servidores DNS propios; mire qué nombres se pidieron si el servidor los registra."
        }
        NextStep::AskWhoRanWhat => {
            "Pregunte quién ejecutó qué en el origen a esa hora; mire los registros de inicio de sesión de los destinos."
        }
        NextStep::CloseAdminPort => {
            "Cierre el puerto a internet (Azure Bastion, VPN, acceso justo a tiempo) y revise después los orígenes."
        }
        NextStep::CloseAnsweringPort => {
            "Cierre a internet el puerto que responde, o mire en el registro del servicio qué hizo este origen."
        }
        NextStep::ClosePortToSources => {
            "Cierre el puerto a internet, o mire en el registro del servicio qué hicieron estos orígenes."
        }
        NextStep::FindBeacon => {
            "Busque en el origen el programa que abre estas conexiones, y quién administra el destino."
        }
        NextStep::FindPoller => {
            "Busque en el origen el programa que abre estas conexiones; suprima el hallazgo si es lo que debe hacer."
        }
        NextStep::IsolateUnowned => {
            "Busque el programa en el origen; aísle el equipo si nadie responde por él."
        }
        NextStep::LookAddressUp => {
            "Busque la dirección donde se publica la lista, y el programa del equipo propio que habló con ella."
        }
        NextStep::LookAtLogins => {
            "Mire en el registro del servicio los inicios de sesión fallidos y correctos de estos orígenes; ciérreles el puerto."
        }
        NextStep::LookAtSizes => {
            "Mire los tamaños de máquina virtual de ambos extremos: no todos admiten el cifrado de red virtual."
        }
        NextStep::LookForHours => {
            "Busque esas horas en el contenedor; después, en el registro de actividad, cambios del registro de flujo y de la máquina."
        }
        NextStep::MoveToTls => "Pase los clientes al puerto TLS del protocolo.",
        NextStep::NothingToDo => "Ninguno, mientras no entre nada de la lista.",
        NextStep::SeeWhetherServed => {
            "Compruebe si el servicio siguió respondiendo; si los orígenes son públicos, piense en la protección contra DDoS."
        }
        NextStep::StopRetryLoop => {
            "Busque el programa en el origen; un cliente que reintenta sin fin cuesta puertos y dinero."
        }
        NextStep::WhatOpensThese => {
            "Mire qué abre estas conexiones en el origen, y si los destinos existieron alguna vez."
        }
        NextStep::WhoRunsDestination => "Averigüe quién administra el destino y qué datos guarda el origen.",
        NextStep::WhoRunsOtherEnd => {
            "Averigüe quién administra el otro extremo y qué programa mantiene la conexión."
        }
        NextStep::WhoScanned => {
            "Averigüe qué programa del origen lo hizo; aísle el equipo si nadie responde por la exploración."
        }
        NextStep::WhoSwept => {
            "Averigüe qué programa del origen lo hizo; aísle el equipo si nadie responde por el barrido."
        }
    }
}
