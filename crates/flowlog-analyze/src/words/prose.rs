//! Sentences in the terminal, with what stands in their holes: the English one is the key.

use super::{Text, same};

pub(super) const TEXTS: &[Text] = &[
    // The head and what it trusts.
    same("{n} in {conversations}", "{n} en {conversations}"),
    same("{bytes} in {packets}", "{bytes} en {packets}"),
    same("{sent} sent, {received} received{each}", "{sent} enviados, {received} recibidos{each}"),
    same(", each connection once", ", sin duplicados"),
    same(", {n} for want of encryption", ", {n} por falta de cifrado"),
    same("{n} of {files} files not read whole", "{n} de {files} archivos incompletos"),
    same("no {states} rows", "sin filas {states}"),
    same("gaps in {logs}", "huecos en {logs}"),
    same("last hour not whole", "última hora incompleta"),
    same(
        "every file read whole, every tuple well-formed",
        "archivos leídos por completo, tuplas bien formadas",
    ),
    same("each mark {each}, from {time}", "cada marca {each}, desde {time}"),
    same("from {time} UTC", "desde {time} UTC"),
    same("before {time} UTC", "antes de {time} UTC"),
    // Lists, findings and what comes next.
    same("... and {n} more (--top)", "... y {n} más (--top)"),
    same("... and {numbers} more", "... y {numbers} más"),
    same("... and {n} more (--format json)", "... y {n} más (--format json)"),
    same("cannot be told, no {state} rows", "no se puede saber, sin filas {state}"),
    same(
        "cannot be told: the data holds no {state} rows",
        "no se puede saber: los datos no contienen filas {state}",
    ),
    same(
        "--section NAME,... shows them, --full all of them",
        "--section NOMBRE,... las muestra, --full todas",
    ),
    same("Findings: {numbers}", "Hallazgos: {numbers}"),
    same("not looked for (--no-findings)", "no se buscaron (--no-findings)"),
    same("time not known", "hora desconocida"),
    same(
        "Not visible: {what}, the data holds no {state} rows",
        "No visible: {what}, los datos no contienen filas {state}",
    ),
    same("scans and floods that were denied", "exploraciones e inundaciones denegadas"),
    same("beacons and guessing", "balizas y prueba de contraseñas"),
    same(
        "Noise: {hosts} of the internet tried {times} at {own} in vain",
        "Ruido: {hosts} de internet, {times} en vano en {own}",
    ),
    same("--section findings (why, what to do)", "--section findings (por qué, qué hacer)"),
    same("more without --brief", "más sin --brief"),
    same("Next: {first}, {whole}{address}", "Siguiente paso: {first}, {whole}{address}"),
    same("Next: {step}", "Siguiente paso: {step}"),
    same("nothing found", "nada encontrado"),
    same("{what}: the data holds no {state} rows", "{what}: los datos no contienen filas {state}"),
    same(
        "the suppression of {rule} for {entity} expired on {day}: it suppresses nothing any more",
        "la supresión de {rule} para {entity} caducó el {day}: ya no suprime nada",
    ),
    same(
        "{hosts} from the internet tried {times} in vain, at {ports} of {own}; {scanners} as much as a scan. Every public \
         address sees this.",
        "{hosts} de internet, {times} en vano en {ports} de {own}; {scanners} tanto como una exploración. Toda dirección \
         pública ve esto.",
    ),
    same(", let through at {places}", ", con paso en {places}"),
    same(
        "{source}{provider}: {ports} of {hosts}{let_through}",
        "{source}{provider}: {ports} de {hosts}{let_through}",
    ),
    same(" port {port}", " puerto {port}"),
    same(" to {destination}", " a {destination}"),
    // Data quality, coverage, files.
    same(
        "{files} of {all} could not be read whole; flows before the fault are counted",
        "{files} de {all} sin leer por completo; los flujos anteriores al fallo cuentan",
    ),
    same("... and the others marked ! under Files", "... y los demás con la marca ! en Archivos"),
    same("{tuples} malformed and left out of all counts", "{tuples}, fuera de todos los recuentos"),
    same("... and {reasons} (--format json lists them)", "... y {reasons} (--format json los enumera)"),
    same(
        "every file was read whole and every tuple is well-formed",
        "todos los archivos se leyeron por completo y toda tupla está bien formada",
    ),
    same(", byte {n}:", ", byte {n}:"),
    same("{logs}, {hours} with records", "{logs}, {hours} con registros"),
    same(
        "By the time of records (UTC). A gap is hours without a record while others have some: the NIC was \
         idle or gone, its log was off, or a blob is missing.",
        "Por la hora de los registros (UTC). Un hueco son horas sin registros mientras otros los tienen: la NIC estaba \
         inactiva o ya no existe, su registro estaba desactivado o falta un blob.",
    ),
    same(
        "the last hour is not whole: its newest record is of {time} (still being written, or logging stopped)",
        "la última hora está incompleta: su último registro es de {time} (aún se escribe, o el registro se detuvo)",
    ),
    same("{files} below {folder}", "{files} bajo {folder}"),
    same(
        "Times are those of the flows: an hour's file begins with flows of the hour before.",
        "Las horas son las de los flujos: el archivo de una hora empieza con flujos de la hora anterior.",
    ),
    same("other files hold the same records", "otros archivos contienen los mismos registros"),
    same("standard input", "entrada estándar"),
    same(
        "No flow was read: there is nothing more to report",
        "No se leyó ningún flujo: no hay nada más que informar",
    ),
    // The summary.
    same("{files} ({bytes} read)", "{files} ({bytes} leídos)"),
    same("{n} (source, destination, port, protocol)", "{n} (origen, destino, puerto, protocolo)"),
    same("{traffic} (source to destination)", "{traffic} (de origen a destino)"),
    same("{traffic} (the way back)", "{traffic} (de vuelta)"),
    same(", of these {n} dropped for want of encryption", ", de ellas {n} por falta de cifrado"),
    same(
        "{connections} ({tuples}, {bytes}) that another NIC or log tells of as well",
        "{connections} ({tuples}, {bytes}), también en otra NIC u otro registro",
    ),
    same(
        "{tuples}, {sent} sent, {received} received; rankings and problems below go by these",
        "{tuples}, {sent} enviados, {received} recibidos; las clasificaciones y los problemas de abajo usan estos",
    ),
    same("{what} in {number}", "{what} en {number}"),
    // Sections.
    same("{n} in all", "{n} en total"),
    same(
        "Responders, by {by}. The provider is who announces the address.",
        "Receptores, por {by}. El proveedor es quien anuncia la dirección.",
    ),
    same(
        "Initiators (who opened connections), by {by}; bytes are both ways.",
        "Iniciadores (quienes abrieron conexiones), por {by}; los bytes son en ambos sentidos.",
    ),
    same(
        "By {by}. The service is what the port is registered for; anything may listen there.",
        "Por {by}. El servicio es el registrado para el puerto; allí puede escuchar cualquier cosa.",
    ),
    same(
        "Shares here and below are of tuples, not of bytes.",
        "Las partes, aquí y abajo, son de tuplas, no de bytes.",
    ),
    same(
        "One connection has several tuples: begun, continuing every 5 minutes or so, ended. Denied ones stand alone.",
        "Una conexión tiene varias tuplas: iniciada, en curso cada 5 minutos más o menos, terminada. Las denegadas van \
         solas.",
    ),
    same(
        "As the logging interface saw it; traffic between two logged interfaces is logged at both.",
        "Como lo vio la interfaz que registra; el tráfico entre dos interfaces con registro figura en ambas.",
    ),
    same(
        "Virtual network encryption between machines, not what programs encrypt themselves (TLS).",
        "Cifrado de red virtual entre máquinas, no lo que cifran los propios programas (TLS).",
    ),
    same(
        "No encrypted traffic seen: virtual network encryption seems to be off.",
        "No se ve tráfico cifrado: el cifrado de red virtual parece desactivado.",
    ),
    same(
        "Subnets of --internal-cidr and of logged interfaces; without --internal-cidr all of private addresses, those on \
         premises included. What is not named is a /24 (IPv4) or /64 (IPv6). Not encrypted are plain NX and each NX_ \
         reason; dropped are packets that no rule denied.",
        "Subredes de --internal-cidr y de interfaces con registro; sin --internal-cidr, todas las de direcciones \
         privadas, también las locales. Lo que no tiene nombre es un /24 (IPv4) o un /64 (IPv6). Sin cifrar son NX y cada \
         motivo NX_; descartados son paquetes que ninguna regla denegó.",
    ),
    same(
        "Where the two ends are. VNets are known from --internal-cidr NAME=CIDR and, for logged interfaces, from the \
         VNet whose flow log it is; private addresses of which neither tells are counted as on premises or unknown: \
         a guess. Public addresses are Azure's by Microsoft's published ranges (--service-tags for this week's).",
        "Dónde están los dos extremos. Las VNet se conocen por --internal-cidr NOMBRE=CIDR y, en interfaces con registro, \
         por la VNet de su registro de flujo; las direcciones privadas de las que nada se sabe cuentan como locales: una \
         suposición. Las públicas son de Azure según los rangos que publica Microsoft (--service-tags para los de esta \
         semana).",
    ),
    same(
        "Which rule decided, by {by} as logged: a connection between two logged interfaces was decided at each. \
         Kind: user and default rules are those of an NSG, which the log calls UserRule_ and DefaultRule_; admin ones are a \
         Network Manager's; platform is Azure's own handling; none is no rule: what is dropped there lacked encryption.",
        "Qué regla decidió, por {by} según el registro: una conexión entre dos interfaces con registro se decidió en cada \
         una. Tipo: usuario y predet. son reglas de un NSG, que el registro llama UserRule_ y DefaultRule_; admin son de \
         Azure Virtual Network Manager; platf. es el tratamiento propio de Azure; ninguna es sin regla: lo que se descarta \
         ahí carecía de cifrado.",
    ),
    same(
        "of these {n} dropped for want of encryption, by no rule",
        "de ellas {n} por falta de cifrado, no por una regla",
    ),
    same(
        "Rules that let public addresses reach ports that administer machines or data. Answered: sources that got \
         payload back. A high count of sources without answers is scanning that a rule does not stop.",
        "Reglas que permiten a direcciones públicas llegar a puertos que administran máquinas o datos. Respondidos: \
         orígenes que recibieron contenido. Muchos orígenes sin respuesta son exploraciones que una regla no detiene.",
    ),
    same("{n}, without denied attempts", "{n}, sin los intentos denegados"),
    same(
        "Each once, however many logs tell of it.",
        "Cada una cuenta una vez, aunque figure en varios registros.",
    ),
    same(
        "Once for each NIC that logged it (--no-dedup).",
        "Una vez por cada NIC que la registró (--no-dedup).",
    ),
    same(
        "Rows of one 5-tuple joined over time and files. {each} What began before the data or has not ended in \
         it is known in part: its duration and bytes are lower bounds.",
        "Filas de una 5-tupla unidas a lo largo del tiempo y de los archivos. {each} Lo que empezó antes de los datos o no \
         ha terminado en ellos se conoce en parte: su duración y sus bytes son mínimos.",
    ),
    same(
        "Begun, and neither continued nor ended before the data ends. The last minutes of a capture always have some.",
        "Iniciadas, y ni continuadas ni terminadas antes del final de los datos. Los últimos minutos siempre tienen \
         algunas.",
    ),
    same(
        "A denied tuple is a packet, not an attempt: SYN retries of one are logged again. Inbound from public \
         addresses is mostly noise of the internet; outbound means a wrong rule or unwanted software.",
        "Una tupla denegada es un paquete, no un intento: los reintentos SYN se registran otra vez. Lo entrante desde \
         direcciones públicas es casi todo ruido de internet; lo saliente indica una regla equivocada o software no \
         deseado.",
    ),
    same(
        "Fewer than {bytes} bytes a packet over {packets} packets or more: little but \
         headers. Drops look so, and so do probes and keep-alives: a hint, not a proof.",
        "Menos de {bytes} bytes por paquete en {packets} paquetes o más: casi solo cabeceras. Las pérdidas tienen este \
         aspecto, y también los sondeos y los keep-alive: un indicio, no una prueba.",
    ),
    same(
        "Begun more than {n} times. A busy client does that too: look at how many of them ended.",
        "Iniciadas más de {n} veces. Un cliente con mucha actividad también lo hace: mire cuántas terminaron.",
    ),
    same(
        "Packets were sent and none came back as long as the data shows the connection. Normal for syslog \
         and its like; for TCP, look at routes and firewalls on the way back.",
        "Se enviaron paquetes y no volvió ninguno mientras los datos muestran la conexión. Normal en syslog y similares; \
         en TCP, mire las rutas y los firewalls del camino de vuelta.",
    ),
    same(
        "The top 1 % of conversations by bytes both ways; every network has a top 1 %.",
        "El 1 % de conversaciones con más bytes en ambos sentidos; toda red tiene un 1 % así.",
    ),
    same(
        "Allowed traffic to ports no service is registered for. Dynamic ports (RPC, FTP data) are here too.",
        "Tráfico permitido a puertos sin servicio registrado. Los puertos dinámicos (RPC, datos de FTP) también están \
         aquí.",
    ),
    same(
        "More than {n} tuples that rules denied, each. Many ports or many destinations: a scan.",
        "Más de {n} tuplas denegadas por reglas, cada uno. Muchos puertos o muchos destinos: una exploración.",
    ),
    same(
        "More than {n} distinct destination ports in one pair. Busy pairs of servers look the same; \
         a large share of denied tuples makes a scan likelier.",
        "Más de {n} puertos de destino distintos en una pareja. Las parejas de servidores con mucha actividad tienen el \
         mismo aspecto; una gran parte de tuplas denegadas hace más probable una exploración.",
    ),
    same("no rules as configured (--rules FILE)", "sin reglas según la configuración (--rules ARCHIVO)"),
    same("none asked for (--specific-ips)", "no se consultó ninguna (--specific-ips)"),
    // Addresses.
    same(
        "not in the data, neither as source nor as destination",
        "no está en los datos, ni como origen ni como destino",
    ),
    same("{query} as source", "{query} como origen"),
    same("{query} as destination", "{query} como destino"),
    same("{query}: top peers", "{query}: otros extremos principales"),
    same("Connections it opened.", "Conexiones que abrió."),
    same("Connections opened to it.", "Conexiones que se le abrieron."),
    same(
        "The other ends of both, by {by}; bytes are both ways.",
        "Los otros extremos de ambos, por {by}; los bytes son en ambos sentidos.",
    ),
    // Rules as configured.
    same("{all}, {hit} hit", "{all}, {hit} usadas"),
    same("{nsgs}: nothing is said of their rules", "{nsgs}: nada se dice de sus reglas"),
    same(
        "Own rules that nothing in this data matched: look at how long it is before you delete one. Where a subnet and \
         an interface both have an NSG, an allowed flow is logged under the last one that allowed it only.",
        "Reglas propias con las que no coincidió nada en estos datos: mire cuánto tiempo abarcan antes de eliminar una. \
         Donde una subred y una interfaz tienen ambas un NSG, un flujo permitido solo se registra bajo el último que lo \
         permitió.",
    ),
    same(
        "Allowing rules for everybody (or a network of /16 and wider) of which at most {few} ends were seen, for \
         {ports} ports or more of which at most {few} were seen, or for all protocols of which one was seen.",
        "Reglas que permiten a todos (o a una red de /16 o mayor) de los que se vieron como mucho {few} extremos, para \
         {ports} puertos o más de los que se vieron como mucho {few}, o para todos los protocolos de los que se vio uno.",
    ),
    same("seen: {what}", "visto: {what}"),
    same("{named} and {more} more", "{named} y {more} más"),
    same(
        "Deleted or renamed since, or the file is of another day.",
        "Eliminadas o renombradas desde entonces, o el archivo es de otro día.",
    ),
    // Charts.
    same("{what} by {of}", "{what} por {of}"),
    // Flows and the page of a host.
    same("No connection is like that.", "Ninguna conexión es así."),
    same("{tuples} of that time were looked at.", "Examinado: {tuples} de ese tiempo."),
    same("Each row: {told}", "Cada fila: {told}"),
    same(
        "{shown} of {all} rows; --limit all shows the rest",
        "{shown} de {all} filas; --limit all muestra el resto",
    ),
    same(
        "{rows}: {connections}, {sent} sent, {received} received",
        "{rows}: {connections}, {sent} enviados, {received} recibidos",
    ),
    same("Host {host}", "Equipo {host}"),
    same("Nothing is logged of it.", "No hay nada registrado."),
    same(
        "{connections}, {sent} sent, {received} received",
        "{connections}, {sent} enviados, {received} recibidos",
    ),
    same("Next: flowlog-analyze flows --host {host}", "Siguiente paso: flowlog-analyze flows --host {host}"),
    same("most in {width}: {most}", "máx. en {width}: {most}"),
    same("{n} of {all}", "{n} de {all}"),
    // A comparison.
    same(", {n} not read whole", ", {n} sin leer por completo"),
    same("{period} UTC ({time} with data)", "{period} UTC ({time} con datos)"),
    same("no time", "sin hora"),
    same(
        "No difference: the same hosts, ports, conversations, denials, rules and volumes in both sets.",
        "Sin diferencias: los mismos equipos, puertos, conversaciones, denegaciones, reglas y volúmenes en ambos \
         conjuntos.",
    ),
    same(
        "{services} and {conversations} changed between allowed and denied",
        "entre permitido y denegado cambiaron: {services} y {conversations}",
    ),
    same(
        "{new} new, {gone} gone, {still} still there",
        "{new} nuevos, {gone} que ya no están, {still} que siguen",
    ),
    same(
        "{new} new, {vanished} vanished, {kept} in both",
        "{new} solo en B, {vanished} solo en A, {kept} en ambos",
    ),
    same(" (was {before})", " (antes {before})"),
    same(
        "A destination and port that both sets speak of, whoever calls. Partly: some denied, some let through. \
         Denied: nobody got an answer.",
        "Un destino y un puerto de los que hablan ambos conjuntos, llame quien llame. En parte: algo denegado y algo \
         permitido. Denegado: nadie obtuvo respuesta.",
    ),
    same(
        "By rule and what they are about; flowlog-analyze on the set itself tells reason and evidence.",
        "Por regla de detección y de qué tratan; flowlog-analyze sobre el propio conjunto da el motivo y la evidencia.",
    ),
    same(
        "Hosts with allowed traffic, at either end, by bytes. Besides, {new} new and {vanished} vanished hosts were only \
         ever denied.",
        "Equipos con tráfico permitido, en cualquier extremo, por bytes. Además, {new} equipos nuevos y {vanished} \
         desaparecidos solo tuvieron denegaciones.",
    ),
    same("With allowed traffic, by bytes.", "Con tráfico permitido, por bytes."),
    same(
        "Source, destination and port with allowed traffic, by bytes.",
        "Origen, destino y puerto con tráfico permitido, por bytes.",
    ),
    same(
        "Sources inside the network first: what the internet tries changes every day.",
        "Primero los orígenes de dentro de la red: lo que prueba internet cambia cada día.",
    ),
    same(
        "Rules with tuples in one set alone. A rule that no traffic meets is in neither.",
        "Reglas con tuplas en un solo conjunto. Una regla con la que no coincide tráfico no está en ninguno.",
    ),
    same(
        "The sets cover different lengths of time: ranked and divided by the hour.",
        "Los conjuntos abarcan tiempos distintos: clasificado y dividido por hora.",
    ),
    same("Ranked by the difference of bytes.", "Clasificado por la diferencia de bytes."),
    same(
        "Hosts, ports, conversations and volumes of each set: --format json",
        "Equipos, puertos, conversaciones y volúmenes de cada conjunto: --format json",
    ),
    same(
        "What both formats can tell: TCP and UDP. NSG logs write seconds, VNet logs milliseconds: connections \
         are matched by their number within source, destination and port.",
        "Lo que ambos formatos pueden decir: TCP y UDP. Los registros de NSG escriben segundos y los de VNet milisegundos: \
         las conexiones se emparejan por su número dentro de origen, destino y puerto.",
    ),
    same(
        "{n} with as many connections in both, of these {equal} with the same packets and bytes",
        "{n} con tantas conexiones en ambos, de ellas {equal} con los mismos paquetes y bytes",
    ),
    same("{conversations} (below)", "{conversations} (abajo)"),
    same("{nsg} in the NSG log, {vnet} in the VNet log", "{nsg} en el de NSG, {vnet} en el de VNet"),
    same(
        "The NSG log holds no allowed TCP or UDP connection.",
        "El registro de NSG no contiene ninguna conexión TCP o UDP permitida.",
    ),
    same(
        "{share} of the NSG log's connections are in the VNet log ({n} of {all}).",
        "El {share} de las conexiones del registro de NSG está en el de VNet ({n} de {all}).",
    ),
    same(
        "{share} of its denied tuples are in the VNet log ({n} of {all}), {other} of its denied conversations.",
        "El {share} de sus tuplas denegadas está en el de VNet ({n} de {all}), y el {other} de sus conversaciones denegadas.",
    ),
    same(
        "{share} of the VNet log's TCP and UDP connections are in the NSG log ({n} of {all}).",
        "El {share} de las conexiones TCP y UDP del registro de VNet está en el de NSG ({n} de {all}).",
    ),
    same(
        " ({new} and {vanished} of these from the internet)",
        " ({new} y {vanished} de ellas desde internet)",
    ),
];
