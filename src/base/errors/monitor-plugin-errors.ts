import { defineErrors } from './define-errors.ts';

const operational = { kind: 'operational', http: 500, ganeti: 'environment_error' } as const;
const user = { kind: 'user', http: 400, ganeti: 'wrong_input' } as const;

/** What can be wrong with a plugin of the monitoring agent. They stand in its report, and `gantry monitor plugin check` prints them. */
export const monitorPluginErrors = defineErrors({
  MONITOR_PLUGIN_UNSAFE: {
    ...user,
    what: 'The file {path} is not trusted: {problem}.',
    why: 'Whoever can change a plugin, its manifest or a folder above them decides what the monitoring agent runs and reports.',
    todo: 'Have it belong to root with "chown root", and take away the right of others to write with "chmod go-w".',
  },
  MONITOR_PLUGIN_NAME: {
    ...user,
    what: 'The plugin {path} cannot have the name {name}: {problem}.',
    why: 'A plugin is a collector, named as its file without the ending; names are letters, digits and hyphens, 63 at most, and each stands for one collector.',
    todo: 'Rename the file, and its manifest with it.',
  },
  MONITOR_PLUGIN_KIND: {
    ...user,
    what: 'The file {path} is no plugin: {problem}.',
    why: 'A plugin is a program, a file whose name ends with ".prom" or ".report", or a socket; a manifest has the name of its plugin.',
    todo: 'Make a program executable with "chmod a+rx", or move away what is no plugin.',
  },
  MONITOR_PLUGIN_MANIFEST_INVALID: {
    ...user,
    what: 'The manifest {path} cannot be used: {problem}.',
    why: 'A manifest is YAML or JSON with the entries that docs/monitor-plugin-manifest.schema.json lists.',
    todo: 'Correct it; "gantry monitor plugin check" tells at once whether it can be used.',
  },
  MONITOR_PLUGIN_SETTINGS_INVALID: {
    ...user,
    what: 'The settings of plugins in {path} cannot be used: {problem}.',
    why: 'The file names the user of plugins and what each plugin is granted. An invalid file prevents the start of the agent; if the file becomes invalid later, the last valid version stays active.',
    todo: 'Correct it as the guide on plugins (docs/guides/monitor-plugins.md) shows, or remove it.',
  },
  MONITOR_PLUGIN_NOT_GRANTED: {
    ...user,
    what: 'The plugin {name} asks for more than it is granted: {problem}.',
    why: 'Groups, capabilities and the network are given to a plugin only when the settings of the operator and its manifest both name them.',
    todo: 'Add them to its entry under "grants" in {path}, if they are meant to be given.',
  },
  MONITOR_PLUGIN_USER_MISSING: {
    ...user,
    what: 'There is no user {name} on this host, whom {place} names.',
    why: 'An agent that is root runs the programs of plugins as a user of their own, which nothing else runs as.',
    todo: 'Make the account with "useradd --system --no-create-home --shell /usr/sbin/nologin {name}", or name another one.',
  },
  MONITOR_PLUGIN_USER_ROOT: {
    ...user,
    what: 'The settings of plugins in {path} name {name} as their user, who is root.',
    why: 'A program that runs as root can change every file of the host, whatever else is taken from it.',
    todo: 'Name a user of their own, such as gantry-plugin, and grant what a plugin needs under "grants"; or add "allow_root: true", if root is meant.',
  },
  MONITOR_PLUGIN_GROUP_MISSING: {
    ...user,
    what: 'There is no group {name} on this host, which the plugin {plugin} needs.',
    why: 'Its manifest asks for the group, and the settings of the operator grant it.',
    todo: 'Install what brings the group, make it with "groupadd --system {name}", or take it out of the manifest.',
  },
  MONITOR_PLUGIN_LIMIT: {
    ...operational,
    what: 'The plugin {path} is not run: {limit} are there already.',
    why: 'The agent runs the first {limit} plugins of the folder in the order of their names, so that they cannot take up the node.',
    todo: 'Put several facts into the report of one plugin, or remove some.',
  },
  MONITOR_PLUGIN_FAILED: {
    ...operational,
    what: 'The plugin {name} ended with {outcome}; on its standard error: {stderr}.',
    why: 'A plugin that has nothing to report, or cannot, exits with a code other than 0; what it printed before does not count.',
    todo: 'Run "gantry monitor plugin check" on it, which runs it as the agent does.',
  },
  MONITOR_PLUGIN_TIMED_OUT: {
    ...operational,
    what: 'The plugin {name} gave no answer within {seconds} s; on its standard error: {stderr}.',
    why: 'What takes longer than "timeout" of the manifest is ended, with all that it has begun.',
    todo: 'Run "gantry monitor plugin check" on it to see where it waits, or raise "timeout".',
  },
  MONITOR_PLUGIN_NOT_STARTED: {
    ...operational,
    what: 'The plugin {name} cannot be started: {problem}.',
    why: 'The system refused what it takes to start and confine a plugin: a process, a control group, a socket.',
    todo: 'See what the host is short of, and whether unshare, setpriv and prlimit work for the user of the agent.',
  },
  MONITOR_PLUGIN_REPORT_INVALID: {
    ...operational,
    what: 'The report of plugin {name} cannot be used: {problem}.',
    why: 'A report is one JSON object as docs/monitor-plugin-report.schema.json describes; from a long-running plugin one on each line.',
    todo: 'Run "gantry monitor plugin check" on the plugin and compare what it prints with the schema.',
  },
  MONITOR_PLUGIN_TEXT_INVALID: {
    ...operational,
    what: "The file of plugin {name} is not in Prometheus's text format: {problem}.",
    why: 'Whoever writes the file must write it under another name and rename it, so that nobody reads half of it.',
    todo: 'Correct the writer of the file; "promtool check metrics" and "gantry monitor plugin check" tell more.',
  },
  MONITOR_PLUGIN_METRIC_CLASH: {
    ...operational,
    what: 'The plugin {name} reports the metric {metric}, which {owner} reports already.',
    why: 'Prometheus refuses a page on which a family of metrics stands twice.',
    todo: 'Rename the metric in the plugin.',
  },
  MONITOR_PLUGIN_TOO_MANY_SERIES: {
    ...operational,
    what: 'The plugin {name} reports {series} series; {limit} are allowed.',
    why: 'Each combination of labels is a series that Prometheus keeps; a label with many values fills its memory.',
    todo: 'Leave out labels with many values, or raise "most_series" in the manifest.',
  },
  MONITOR_PLUGIN_FLOOD: {
    ...operational,
    what: 'The plugin {name} was stopped after {bytes} bytes; {limit} are allowed.',
    why: 'What a plugin reports is held in the memory of the agent.',
    todo: 'Report less, or raise "largest_report" in the manifest.',
  },
  MONITOR_PLUGIN_SILENT: {
    ...operational,
    what: 'The plugin {name} has reported nothing new for {seconds} s.',
    why: 'A long-running plugin or a file must bring something new within "max_age" of its manifest.',
    todo: 'See whether it still does its work, or raise "max_age".',
  },
  MONITOR_PLUGIN_UNREADABLE: {
    ...operational,
    what: 'The plugin {name} cannot be read: {problem}.',
    why: 'The socket or file is not there, nobody listens at it, or the agent may not open it.',
    todo: 'See whether the service that provides it runs, and who may use {path}.',
  },
  MONITOR_PLUGINS_REFUSED: {
    ...operational,
    what: 'Of the plugins in {path} {count} cannot be used.',
    why: 'The messages before this one give the reason for each plugin.',
    todo: 'Correct those, and check again.',
  },
});
