//! Texts that the script of the page asks for.

use super::{Text, text};

pub(super) const TEXTS: &[Text] = &[
    text("skip", "Skip to the report", "Ir al informe"),
    text("contents", "Contents", "Contenido"),
    text("summary", "At a glance", "De un vistazo"),
    text("limits", "What the data cannot tell", "Lo que los datos no dicen"),
    text("time", "Over time", "En el tiempo"),
    text(
        "time_label",
        "Bytes, connections and denials over time",
        "Bytes, conexiones y denegaciones en el tiempo",
    ),
    text(
        "time_help",
        "Drag over the chart, move the ends of the slider, or give times: the tables follow. Times are UTC.",
        "Arrastre sobre el gráfico, mueva los extremos de la barra o indique las horas: las tablas siguen. Horas en UTC.",
    ),
    text("sent", "Bytes sent", "Bytes enviados"),
    text("received", "Bytes received", "Bytes recibidos"),
    text("bytes", "Bytes", "Bytes"),
    text("connections", "Connections", "Conexiones"),
    text("denied", "Denied", "Denegadas"),
    text("tuples", "Tuples", "Tuplas"),
    text("measure", "What is shown", "Qué se muestra"),
    text("from", "From", "Desde"),
    text("to", "To", "Hasta"),
    text("whole", "Whole time", "Todo el tiempo"),
    text("narrowed", "Narrowed to {span}", "Limitado a {span}"),
    text("only_span", "Only {span}", "Solo {span}"),
    text("whole_span", "Of the whole time", "De todo el tiempo"),
    text("rows_of", "{n} of {all} rows", "{n} de {all} filas"),
    text("cut", "the first {n} of {all} in all", "las primeras {n} de {all} en total"),
    text("more", "Show {n} more", "Mostrar {n} más"),
    text("filter", "Filter", "Filtrar"),
    text("filter_of", "Filter: {table}", "Filtrar: {table}"),
    text("save", "CSV", "CSV"),
    text("save_of", "Save as CSV: {table}", "Guardar como CSV: {table}"),
    text("none", "None.", "Ninguna."),
    text("yes", "yes", "sí"),
    text("findings", "Findings", "Hallazgos"),
    text("no_findings", "Nothing stands out.", "Nada llama la atención."),
    text("not_looked", "Not looked for (--no-findings).", "No se buscaron (--no-findings)."),
    text("next", "Next", "Siguiente paso"),
    text("time_unknown", "time not known", "hora desconocida"),
    text("host", "Host {host}", "Equipo {host}"),
    text("talkers", "Busiest hosts", "Equipos con más tráfico"),
    text("host_map", "Hosts over time", "Equipos en el tiempo"),
    text(
        "host_map_note",
        "What the connections of each host carried, in the span in which they began. The darker, the more.",
        "Lo que transportaron las conexiones de cada equipo, en el intervalo en que empezaron. Más oscuro es más.",
    ),
    text("ports", "Ports", "Puertos"),
    text("rules", "Rules", "Reglas"),
    text(
        "rules_note",
        "Per tuple as logged: a connection between two logged interfaces was decided by a rule at each.",
        "Por tupla registrada: una conexión entre dos interfaces con registro la decidió una regla en cada una.",
    ),
    text("between", "Who talks to whom", "Quién habla con quién"),
    text(
        "between_note",
        "Initiators to the left, responders to the right: subnets (as given, else /24 and /64), providers, and classes \
         of addresses.",
        "Iniciadores a la izquierda, receptores a la derecha: subredes (las indicadas, si no /24 y /64), proveedores y \
         clases de direcciones.",
    ),
    text("sankey_label", "Traffic between subnets and providers", "Tráfico entre subredes y proveedores"),
    text("denials", "Denials", "Denegaciones"),
    text("odd", "Conversations that stand out", "Conversaciones llamativas"),
    text("coverage", "Coverage and input", "Cobertura y entrada"),
    text(
        "coverage_note",
        "Which network interfaces (NICs) have records in which hour. A pale red span has none: idle, switched off, or a \
         blob is missing.",
        "Qué interfaces de red (NIC) tienen registros en cada hora. Un intervalo rojo pálido no tiene ninguno: inactiva, \
         desactivada o falta un blob.",
    ),
    text(
        "nic_map",
        "Records of network interfaces over time",
        "Registros de las interfaces de red en el tiempo",
    ),
    text(
        "nics_hidden",
        "In the table alone are logs with as many hours or more: {n}.",
        "Solo en la tabla hay registros con tantas horas o más: {n}.",
    ),
    text(
        "made_by",
        "Made by flowlog-analyze. This file needs nothing else and asks nobody.",
        "Hecho por flowlog-analyze. Este archivo no necesita nada más ni consulta a nadie.",
    ),
    text(
        "utc",
        "All times are UTC. Bytes include packet headers.",
        "Todas las horas son UTC. Los bytes incluyen las cabeceras de los paquetes.",
    ),
];
