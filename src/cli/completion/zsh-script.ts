import { quote } from './bash-script.ts';
import type { CompletionTable } from './completion-table.ts';

/** The completion script for zsh: put it into a folder of $fpath as _gantry, or source it after compinit. */
export function zshScript(table: CompletionTable): string {
  return `#compdef gantry ${table.programs.join(' ')}
# Completion of gantry for zsh. Save it as _gantry in a folder of $fpath, or load it with: source <(gantry completion zsh)
${declare('_gantry_words', table.words)}
${declare('_gantry_options', table.options)}
${declare('_gantry_values', table.values)}
${declare('_gantry_args', table.args)}
${functions}
if [[ \${funcstack[1]-} == _gantry ]]; then _gantry "$@"; else compdef _gantry gantry ./gantry ${table.programs.join(' ')}; fi
`;
}

function declare(name: string, entries: ReadonlyMap<string, string>): string {
  const lines = [...entries].map(([key, value]) => `  ${quote(key)} ${quote(value)}`);
  return `typeset -gA ${name}=(\n${lines.join('\n')}\n)`;
}

const functions = `
_gantry() {
  # A program by its own name: as if "gantry" stood in front.
  if [[ \${words[1]:t} != gantry ]]; then words=(gantry \${words[1]:t} \${words[2,-1]}) CURRENT=$((CURRENT + 1)); fi
  local path_='' option='' word key candidates prefix
  local -i arg=0 index
  local -a connection=("\${(Q)words[1]/#\\~/$HOME}") found=()
  for ((index = 2; index < CURRENT; index++)); do
    word=\${words[index]}
    if [[ -n $option ]]; then
      case $option in
        --cluster | --url | --ca-file | --credentials-file) connection+=("$option" "\${(Q)word}") ;;
      esac
      option=''
    elif [[ $word == -*=* ]]; then
      continue
    elif [[ $word == -* ]]; then
      if (( \${+_gantry_values[$path_ $word]} || \${+_gantry_values[* $word]} )); then option=$word; fi
    else
      key=\${path_:+$path_ }$word
      if (( arg == 0 && ( \${+_gantry_words[$key]} || \${+_gantry_options[$key]} ) )); then path_=$key; else arg+=1; fi
    fi
  done
  if [[ -z $option && \${words[CURRENT]} == --*=* ]]; then
    option=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  if [[ -n $option ]]; then
    candidates=\${_gantry_values[$path_ $option]-\${_gantry_values[* $option]}}
  elif [[ \${words[CURRENT]} == -* ]]; then
    candidates=\${_gantry_options[\${path_:-help}]}
  elif (( arg == 0 && \${+_gantry_words[\${path_:-.}]} )); then
    candidates=\${_gantry_words[\${path_:-.}]}
  else
    candidates=\${_gantry_args[$path_ $arg]-\${_gantry_args[$path_ +]}}
  fi
  for word in \${=candidates}; do
    case $word in
      @file) _files; return ;;
      @*) found+=("\${(@f)$("\${connection[@]}" __complete "\${word#@}" 2>/dev/null </dev/null)}") ;;
      *) found+=("$word") ;;
    esac
  done
  compadd -- "\${(@)found:#}"
}
`;
