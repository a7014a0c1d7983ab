import { defineErrors } from './define-errors.ts';

const operational = { kind: 'operational', http: 500, ganeti: 'environment_error' } as const;
const user = { kind: 'user', http: 400, ganeti: 'wrong_input' } as const;

/** Faults of plugins of the monitoring agent. The report of a plugin contains them, and `gantry monitor plugin check` prints them. */
export const monitorPluginErrors = defineErrors({
  MONITOR_PLUGIN_UNSAFE: {
    ...user,
    what: 'The file {path} is not trusted: {problem}.',
    why: 'Whoever can change a plugin, its manifest or a folder above them decides what the monitoring agent runs and reports.',
    todo: 'Make root the owner with "chown root", and remove the write permission of others with "chmod go-w".',
  },
  MONITOR_PLUGIN_NAME: {
    ...user,
    what: 'The plugin {path} cannot have the name {name}: {problem}.',
    why: 'A plugin is a collector. Its name is the name of its file without the ending, and has at most 63 letters, digits and hyphens. No two collectors may have the same name.',
    todo: 'Rename the file and its manifest.',
  },
  MONITOR_PLUGIN_KIND: {
    ...user,
    what: 'The file {path} is not a plugin: {problem}.',
    why: 'A plugin is a program, a file whose name ends with ".prom" or ".report", or a socket; a manifest has the same name as its plugin.',
    todo: 'Make a program executable with "chmod a+rx". Move other files to another folder.',
  },
  MONITOR_PLUGIN_MANIFEST_INVALID: {
    ...user,
    what: 'The manifest {path} cannot be used: {problem}.',
    why: 'A manifest is YAML or JSON with the entries that docs/monitor-plugin-manifest.schema.json lists.',
    todo: 'Correct it; "gantry monitor plugin check" shows whether it can be used.',
  },
  MONITOR_PLUGIN_SETTINGS_INVALID: {
    ...user,
    what: 'The settings of plugins in {path} cannot be used: {problem}.',
    why: 'The file specifies the user of plugins and the privileges of each plugin. An invalid file prevents the start of the agent; if the file becomes invalid later, the last valid version stays active.',
    todo: 'Correct it as described in docs/guides/monitor-plugins.md, or remove it.',
  },
  MONITOR_PLUGIN_NOT_GRANTED: {
    ...user,
    what: 'The plugin {name} asks for more than it is granted: {problem}.',
    why: "A plugin gets groups, capabilities, devices and the network only if its manifest requests them and the operator's settings grant them.",
    todo: 'If the plugin should have them, add them to its entry under "grants" in {path}.',
  },
  MONITOR_PLUGIN_USER_MISSING: {
    ...user,
    what: 'There is no user {name} on this host; {place} specifies it.',
    why: 'An agent that runs as root runs the programs of plugins as a separate user.',
    todo: 'Create the account with "useradd --system --no-create-home --shell /usr/sbin/nologin {name}", or specify another one.',
  },
  MONITOR_PLUGIN_USER_ROOT: {
    ...user,
    what: 'The settings in {path} specify {name} as the user of plugins, but this user is root.',
    why: 'A program that runs as root can change every file of the host, even without other privileges.',
    todo: 'Specify a separate user, such as gantry-plugin, and grant privileges of a plugin under "grants". If root is intended, add "allow_root: true".',
  },
  MONITOR_PLUGIN_GROUP_MISSING: {
    ...user,
    what: 'There is no group {name} on this host; the plugin {plugin} needs it.',
    why: "The plugin's manifest requests the group, and the operator's settings grant it.",
    todo: 'Install the package that creates the group, create it with "groupadd --system {name}", or remove it from the manifest.',
  },
  MONITOR_PLUGIN_LIMIT: {
    ...operational,
    what: 'The plugin {path} is not run: there are already {limit} plugins.',
    why: 'The agent runs the first {limit} plugins of the folder in the order of their names, so that plugins cannot overload the node.',
    todo: 'Combine several plugins into one, or remove some.',
  },
  MONITOR_PLUGIN_FAILED: {
    ...operational,
    what: 'The plugin {name} ended with {outcome}; its standard error: {stderr}.',
    why: 'A plugin that has nothing to report, or cannot report, exits with a code other than 0; its output is then ignored.',
    todo: 'Run "gantry monitor plugin check" on it; this runs it as the agent does.',
  },
  MONITOR_PLUGIN_TIMED_OUT: {
    ...operational,
    what: 'The plugin {name} gave no answer within {seconds} s; its standard error: {stderr}.',
    why: 'A plugin that takes longer than "timeout" in its manifest is killed with all processes that it started.',
    todo: 'Run "gantry monitor plugin check" on it to find out where it waits, or increase "timeout".',
  },
  MONITOR_PLUGIN_NOT_STARTED: {
    ...operational,
    what: 'The plugin {name} cannot be started: {problem}.',
    why: 'The system refused something that is needed to start and confine a plugin: a process, a control group, or a socket.',
    todo: 'Check whether the host has enough memory, processes and open files, and whether unshare, setpriv and prlimit work for the user of the agent.',
  },
  MONITOR_PLUGIN_REPORT_INVALID: {
    ...operational,
    what: 'The report of plugin {name} cannot be used: {problem}.',
    why: 'A report is one JSON object as docs/monitor-plugin-report.schema.json describes; a long-running plugin prints one per line.',
    todo: 'Run "gantry monitor plugin check" on the plugin and compare its output with the schema.',
  },
  MONITOR_PLUGIN_TEXT_INVALID: {
    ...operational,
    what: "The file of plugin {name} is not in Prometheus's text format: {problem}.",
    why: 'The file has a syntax error, or was read while it was incomplete: it must be written under another name and then renamed.',
    todo: 'Correct the program that writes the file; "promtool check metrics" and "gantry monitor plugin check" show details.',
  },
  MONITOR_PLUGIN_METRIC_CLASH: {
    ...operational,
    what: 'The plugin {name} reports the metric {metric}, but {owner} already reports it.',
    why: 'Prometheus refuses a page that contains a family of metrics twice.',
    todo: 'Rename the metric in the plugin.',
  },
  MONITOR_PLUGIN_TOO_MANY_SERIES: {
    ...operational,
    what: 'The plugin {name} reports {series} series; {limit} are allowed.',
    why: 'Each combination of labels is a series, and Prometheus keeps every series in memory.',
    todo: 'Remove labels with many values, or increase "most_series" in the manifest.',
  },
  MONITOR_PLUGIN_FLOOD: {
    ...operational,
    what: 'The plugin {name} was stopped after {bytes} bytes; {limit} are allowed.',
    why: 'The agent keeps reports in memory, so their size is limited.',
    todo: 'Report less, or increase "largest_report" in the manifest.',
  },
  MONITOR_PLUGIN_SILENT: {
    ...operational,
    what: 'The plugin {name} has reported nothing new for {seconds} s.',
    why: 'A long-running plugin must report, and a file must be updated, within the "max_age" of its manifest.',
    todo: 'Check whether the plugin, or the program that writes the file, still works, or increase "max_age".',
  },
  MONITOR_PLUGIN_UNREADABLE: {
    ...operational,
    what: 'The plugin {name} cannot be read: {problem}.',
    why: 'The socket or file does not exist, no program listens on it, or the agent may not open it.',
    todo: 'Check whether the service that provides it runs, and the permissions of {path}.',
  },
  MONITOR_PLUGINS_REFUSED: {
    ...operational,
    what: '{count} of the plugins in {path} cannot be used.',
    why: 'The messages before this one give the reason for each plugin.',
    todo: 'Fix these problems, and check again.',
  },
});
