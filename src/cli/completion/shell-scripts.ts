/** The shells that completion is written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** One of the {@link SHELLS}. */
export type Shell = (typeof SHELLS)[number];

/**
 * The word before the words to complete, with which a shell asks the program. Programs that are written with cobra take
 * the same, and kubectl reads the answer of a plugin in the same form
 * (https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md).
 */
export const COMPLETE_WORD = '__complete';

/** The last line of an answer: that files may stand there if no line does (0), or nothing but the lines (4). */
export const DIRECTIVES = { files: ':0', noFiles: ':4' } as const;

/** What a shell reads to complete the words after `jobflow`; it asks the program at each press of the key. */
export function shellScript(shell: Shell): string {
  return SCRIPTS[shell];
}

/*
 * Bash splits words at the characters of COMP_WORDBREAKS, such as = and :, and replaces only the last piece. The program
 * gets whole words, and of its answer the part before the last piece is taken away. Bash 3.2, as on macOS, has no compopt.
 */
const BASH = `# Completion of jobflow for bash.
__jobflow_complete() {
  local program=$1 line=$COMP_LINE words=() count=0 index piece trimmed start current before answer directive value
  for ((index = 0; index <= COMP_CWORD; index++)); do
    piece=\${COMP_WORDS[index]}
    trimmed=\${line#"\${line%%[![:space:]]*}"}
    if ((index == COMP_CWORD)); then
      start=$((\${#COMP_LINE} - \${#trimmed}))
      if ((COMP_POINT > start)); then piece=\${piece:0:COMP_POINT-start}; else piece=; fi
    fi
    if ((index > 1)) && [[ $trimmed == "$line" && -n $piece ]]; then
      words[count-1]+=$piece
    else
      words[count++]=$piece
    fi
    line=\${trimmed#"$piece"}
  done
  current=\${words[count-1]}
  [[ -n $piece && -z \${piece//[=:@]/} ]] && piece=
  before=\${current%"$piece"}
  [[ $(type -t -- "$program") == file ]] || program=jobflow
  answer=$("$program" ${COMPLETE_WORD} "\${words[@]:1}" 2>/dev/null) || return
  directive=\${answer##*$'\\n'}
  COMPREPLY=()
  while IFS= read -r line; do
    value=\${line%%$'\\t'*}
    [[ -z $value || $value == "$directive" ]] && continue
    [[ $current == --*=* ]] && value=\${current%%=*}=$value
    COMPREPLY+=("\${value#"$before"}")
  done <<<"$answer"
  [[ $directive == ${DIRECTIVES.files} ]] || compopt +o default 2>/dev/null
}
complete -o default -F __jobflow_complete jobflow
`;

const ZSH = `#compdef jobflow
# Completion of jobflow for zsh.
_jobflow() {
  local program=\${(Q)words[1]} line value description directive
  local -a answer choices
  (( $+commands[$program] )) || [[ -x $program ]] || program=jobflow
  answer=("\${(@f)$("$program" ${COMPLETE_WORD} "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  directive=\${answer[-1]}
  for line in "\${(@)answer[1,-2]}"; do
    value=\${line%%$'\\t'*}
    description=
    [[ $line == *$'\\t'* ]] && description=\${line#*$'\\t'}
    choices+=("\${value//:/\\\\:}\${description:+:$description}")
  done
  [[ $PREFIX == --*=* ]] && compset -P '*='
  if (( \${#choices} )); then
    _describe jobflow choices
  elif [[ $directive == ${DIRECTIVES.files} ]]; then
    _files
  fi
}
if [[ "\${funcstack[1]}" == _jobflow ]]; then _jobflow "$@"; else compdef _jobflow jobflow; fi
`;

const FISH = `# Completion of jobflow for fish.
function __jobflow_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l answer ($program ${COMPLETE_WORD} $words "$current" 2>/dev/null)
    test (count $answer) -gt 0; or return
    set -l directive $answer[-1]
    set -e answer[-1]
    set -l before (string match -r -- '^--[^=]+=' "$current")
    for line in $answer
        printf '%s%s\\n' "$before" $line
    end
    if test (count $answer) -eq 0 -a "$directive" = ${DIRECTIVES.files}
        __fish_complete_path (string replace -r -- '^--[^=]+=' '' "$current") | string replace -r -- '^' "$before"
    end
end
complete -c jobflow -e
complete -c jobflow -f -a '(__jobflow_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
