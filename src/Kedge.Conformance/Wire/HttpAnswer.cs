using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Wire;

/// <summary>One answer as it came. Never compared.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Version">HTTP version of the status line, as <c>HTTP/1.1</c>.</param>
/// <param name="Headers">In order, names as they came.</param>
/// <param name="Body">Without any transfer coding.</param>
internal sealed record HttpAnswer(
    int Status, string Version, ImmutableArray<(string Name, string Value)> Headers, byte[] Body)
{
    /// <summary>True when the server says that it closes the connection, or speaks HTTP/1.0.</summary>
    public bool Closes => Version == "HTTP/1.0"
        || string.Equals(Header("Connection"), "close", StringComparison.OrdinalIgnoreCase);

    /// <summary>The body as text, whatever it is.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>Length of the JSON before binary data; the whole body when the header is absent.</summary>
    public int JsonBytes
    {
        get
        {
            string? text = Header("Inference-Header-Content-Length");
            if (text is null)
            {
                return Body.Length;
            }

            Expect.That(
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                    && length <= Body.Length,
                $"Inference-Header-Content-Length is '{text}', the body has {Body.Length} bytes.");
            return length;
        }
    }

    /// <summary>The value of a header, whatever its case; null when it is absent.</summary>
    internal string? Header(string name) => Headers
        .FirstOrDefault(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>The JSON of the body.</summary>
    internal JsonElement Json()
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Body.AsMemory(0, JsonBytes));
            return document.RootElement.Clone();
        }
        catch (JsonException failure)
        {
            throw new RuleBrokenException($"The body is not JSON: {failure.Message}");
        }
    }
}
