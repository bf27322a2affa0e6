# Sourced by scripts that run one step after the other. Each step is announced, and the seconds that
# each took are printed when the script ends, also if a step fails.

step_times=""
step_name=""

end_step() {
    if [ -n "$step_name" ]; then
        step_times+=$(printf '%6d s  %s' "$((SECONDS - step_began))" "$step_name")$'\n'
    fi
    step_name=""
}

step() {
    end_step
    step_name=$*
    step_began=$SECONDS
    printf '\n== %s\n' "$*"
}

print_times() {
    end_step
    printf '\n== seconds of %s\n%s' "$0" "$step_times"
}
trap print_times EXIT

loudly() { printf '\n!! %s\n' "$*"; }
