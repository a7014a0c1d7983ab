import type { CompletionTable } from './completion-table.ts';

/** The completion script for bash 4 and newer; needs no other package. */
export function bashScript(table: CompletionTable): string {
  return `# Completion of gantry for bash. Load it with: source <(gantry completion bash)
${declare('_gantry_words', table.words)}
${declare('_gantry_options', table.options)}
${declare('_gantry_values', table.values)}
${declare('_gantry_args', table.args)}
${functions}
complete -F _gantry gantry ./gantry
complete -F _gantry_program ${table.programs.join(' ')}
`;
}

/** An associative array; keys and values come from our own tables and are quoted all the same. */
function declare(name: string, entries: ReadonlyMap<string, string>): string {
  const lines = [...entries].map(([key, value]) => `  [${quote(key)}]=${quote(value)}`);
  return `declare -gA ${name}=(\n${lines.join('\n')}\n)`;
}

export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const functions = `
# Words of one line of the tables; @kind becomes the names that the cluster knows.
_gantry_expand() {
  local word
  for word in $1; do
    case $word in
      @file) compopt -o filenames 2>/dev/null; compgen -f -- "$2" ;;
      @*) "\${_gantry_connection[@]}" __complete "\${word#@}" 2>/dev/null </dev/null ;;
      *) printf '%s\\n' "$word" ;;
    esac
  done
}

_gantry() {
  local cur=\${COMP_WORDS[COMP_CWORD]} path='' option='' arg=0 index word key candidates
  local -a _gantry_connection=("\${COMP_WORDS[0]/#\\~/$HOME}")
  [[ $cur == '=' ]] && cur=''
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ $word == '=' ]]; then
      continue
    elif [[ -n $option ]]; then
      case $option in
        --cluster | --url | --ca-file | --credentials-file) _gantry_connection+=("$option" "$word") ;;
      esac
      option=''
    elif [[ $word == -* ]]; then
      if [[ -n \${_gantry_values["$path $word"]+x} || -n \${_gantry_values["* $word"]+x} ]]; then option=$word; fi
    else
      key=\${path:+$path }$word
      if [[ $arg -eq 0 && ( -n \${_gantry_words[$key]+x} || -n \${_gantry_options[$key]+x} ) ]]; then path=$key; else arg=$((arg + 1)); fi
    fi
  done
  if [[ -n $option ]]; then
    candidates=\${_gantry_values["$path $option"]-\${_gantry_values["* $option"]}}
  elif [[ $cur == -* ]]; then
    candidates=\${_gantry_options[\${path:-help}]}
  elif [[ -n \${_gantry_words[\${path:-.}]+x} && $arg -eq 0 ]]; then
    candidates=\${_gantry_words[\${path:-.}]}
  else
    candidates=\${_gantry_args["$path $arg"]-\${_gantry_args["$path +"]}}
  fi
  mapfile -t COMPREPLY < <(compgen -W "$(_gantry_expand "$candidates" "$cur")" -- "$cur")
}

# A program by its own name: as if "gantry" stood in front.
_gantry_program() {
  local -a words=(gantry "\${COMP_WORDS[0]##*/}" "\${COMP_WORDS[@]:1}")
  local COMP_WORDS=("\${words[@]}") COMP_CWORD=$((COMP_CWORD + 1))
  _gantry
}
`;
