# SPDX-License-Identifier: GPL-2.0-only
# Completion of collect for fish: collect itself says what may stand there.

function __collect_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l lines ($words[1] complete -- $words[2..-1] "$word" 2>/dev/null)
    switch "$lines[1]"
        case files
            set -l value (string replace -r '^--[a-z-]+=' '' -- "$word")
            set -l before (string sub -l (math (string length -- "$word") - (string length -- "$value")) -- "$word")
            for path in (__fish_complete_path "$value")
                echo "$before$path"
            end
        case 'command *'
            set -l number (math (string replace 'command ' '' -- $lines[1]) + 2)
            complete -C (string join ' ' -- (string escape -- $words[$number..-1]) "$word")
        case words
            printf '%s\n' $lines[2..-1]
    end
end

complete -c collect -f -a '(__collect_complete)'
