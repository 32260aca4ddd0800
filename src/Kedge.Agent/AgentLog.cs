using System.Globalization;
using System.Text;

namespace Kedge.Agent;

/// <summary>
/// The agent's own log: one line per event, <c>time level event name=value ...</c>. Ids always, secrets and payloads
/// never. Lines are written whole, so that several threads may log.
/// </summary>
/// <param name="output">Where lines go; null for nowhere.</param>
/// <param name="time">Clock.</param>
public sealed class AgentLog(TextWriter? output, TimeProvider time)
{
    private readonly Lock _lock = new();

    /// <summary>A state changed: old, new and reason.</summary>
    public void Say(string name, params ReadOnlySpan<(string Name, object? Value)> fields) =>
        Write("info", name, fields);

    /// <summary>Somebody may act.</summary>
    public void Warn(string name, params ReadOnlySpan<(string Name, object? Value)> fields) =>
        Write("warn", name, fields);

    /// <summary>Somebody must act.</summary>
    public void Fail(string name, params ReadOnlySpan<(string Name, object? Value)> fields) =>
        Write("error", name, fields);

    private void Write(string level, string name, ReadOnlySpan<(string Name, object? Value)> fields)
    {
        if (output is null)
        {
            return;
        }

        StringBuilder line = new();
        _ = line.Append(time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        _ = line.Append(' ').Append(level).Append(' ').Append(name);
        foreach ((string field, object? value) in fields)
        {
            _ = line.Append(' ').Append(field).Append('=');
            AppendValue(line, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        }

        lock (_lock)
        {
            output.WriteLine(line.ToString());
            output.Flush();
        }
    }

    private static void AppendValue(StringBuilder line, string value)
    {
        if (value.Length > 0 && !value.AsSpan().ContainsAny(" \"=\n\r\t"))
        {
            _ = line.Append(value);
            return;
        }

        _ = line.Append('"')
            .Append(value.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal))
            .Append('"');
    }
}
