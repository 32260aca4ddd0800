using System.Text.Json;

namespace Kedge.Tests.Fleet;

/// <summary>One request with its true label.</summary>
public sealed record Signal(byte[] Request, long Label)
{
    /// <summary>Reads JSON lines of requests whose <c>id</c> is <c>INDEX:LABEL</c>.</summary>
    public static IReadOnlyList<Signal> Load(string file)
    {
        List<Signal> signals = [];
        foreach (string line in File.ReadLines(file))
        {
            using JsonDocument json = JsonDocument.Parse(line);
            string id = json.RootElement.GetProperty("id").GetString()!;
            long label = long.Parse(
                id.AsSpan(id.IndexOf(':', StringComparison.Ordinal) + 1),
                System.Globalization.CultureInfo.InvariantCulture);
            signals.Add(new Signal(System.Text.Encoding.UTF8.GetBytes(line), label));
        }

        return signals;
    }

    /// <summary>The label that an answer gives.</summary>
    public static long LabelOf(string body)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        foreach (JsonElement output in json.RootElement.GetProperty("outputs").EnumerateArray())
        {
            if (output.GetProperty("name").GetString() == "label")
            {
                return output.GetProperty("data")[0].GetInt64();
            }
        }

        throw new FormatException($"no output named label in {body}");
    }
}
