using Kedge.Core.Errors;

namespace Kedge.Agent.Commands;

/// <summary>
/// A command line: a command, then options as <c>--name value</c> or <c>--name=value</c>, flags as <c>--name</c>. What
/// a
/// command does not know is an error, not ignored.
/// </summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    private Arguments(string command) => Command = command;

    /// <summary>The first word; empty when there is none.</summary>
    internal string Command { get; }

    /// <summary>Takes a command line apart; throws <see cref="KedgeException"/> when it cannot be understood.</summary>
    /// <param name="args">The words after the program's name.</param>
    /// <param name="options">Options of each command, by its name; those that end in <c>!</c> are flags.</param>
    internal static Arguments Parse(
        IReadOnlyList<string> args, IReadOnlyDictionary<string, IReadOnlyList<string>> options)
    {
        Arguments parsed = new(args.Count == 0 ? "" : args[0]);
        if (!options.TryGetValue(parsed.Command, out IReadOnlyList<string>? known))
        {
            throw new KedgeException(AgentErrors.Usage, $"there is no command '{parsed.Command}'");
        }

        for (int i = 1; i < args.Count; i++)
        {
            int equals = args[i].IndexOf('=', StringComparison.Ordinal);
            string name =
                equals > 0 && args[i].StartsWith("--", StringComparison.Ordinal) ? args[i][..equals] : args[i];
            bool isFlag = known.Contains($"{name}!");
            if (!isFlag && !known.Contains(name))
            {
                throw new KedgeException(AgentErrors.Usage, $"{parsed.Command} has no option '{name}'");
            }

            string value = isFlag ? "true"
                : equals > 0 ? args[i][(equals + 1)..]
                : ++i < args.Count ? args[i]
                : throw new KedgeException(AgentErrors.Usage, $"{name} needs a value");
            parsed._values.TryAdd(name, []);
            parsed._values[name].Add(value);
        }

        return parsed;
    }

    internal bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The value of an option that may be given once; null when it was not.</summary>
    internal string? One(string name) => !_values.TryGetValue(name, out List<string>? values) ? null
        : values.Count == 1 ? values[0]
        : throw new KedgeException(AgentErrors.Usage, $"{name} is given twice");

    internal IReadOnlyList<string> All(string name) => _values.GetValueOrDefault(name) ?? [];
}
