#!/bin/sh
# Keeps a state of each hour, and once a day is over one of the day, of a tree that flowlog-download fills.
#
#     keep-states.sh TREE STATES
#
# Run it once an hour. STATES/2026-01-15.flowstate are days, STATES/hours/2026-01-16T08.flowstate hours of days that are
# not over. What came late is read again; nothing is done twice.
set -eu
export LC_ALL=C
tree=$1 states=$2
mkdir -p "$states/hours"
# The newest hour that gets no more records: it ended half an hour ago. (On macOS: date -u -v-90M.)
closed=$(date -u -d '90 minutes ago' +%Y-%m-%dT%H)
run=$states/.run
touch "$run"

# make STATE COMMAND...: a state of what is there, with the time of this run: what comes from now on is newer.
make() {
    state=$1 code=0
    shift
    flowlog-analyze "$@" -o "$state" --overwrite --quiet || code=$?
    # 3: written, and some blob could not be read whole. Anything else was told, and is tried again next time.
    case $code in 0 | 3) touch -r "$run" "$state" ;; esac
}

# late FOLDER STATE: there is no state yet, or something came since.
late() { [ ! -e "$2" ] || [ -n "$(find "$1" -type f -cnewer "$2" | head -n 1)" ]; }

for folder in "$tree"/????-??-??; do
    day=${folder##*/}
    whole=$states/$day.flowstate
    if [ -e "$whole" ]; then
        if late "$folder" "$whole"; then make "$whole" partial "$folder"; fi
        continue
    fi
    for hour in "$folder"/??; do
        name=${day}T${hour##*/}
        if expr "$name" '<=' "$closed" > /dev/null && late "$hour" "$states/hours/$name.flowstate"; then
            make "$states/hours/$name.flowstate" partial "$hour"
        fi
    done
    # The day is over: its hours become one state, and go when that is there.
    set -- "$states/hours/${day}T"??.flowstate
    if [ -e "$1" ] && expr "$day" '<' "${closed%T*}" > /dev/null; then
        make "$whole" merge "$@"
        if [ -e "$whole" ]; then rm "$@"; fi
    fi
done
