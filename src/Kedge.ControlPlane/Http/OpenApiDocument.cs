using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// Writes the interface as an OpenAPI 3.1 document from the one table of calls, so that it cannot be out of step.
/// </summary>
internal static partial class OpenApiDocument
{
    public static byte[] Write(IReadOnlyList<Route> routes, string version)
    {
        ArrayBufferWriter<byte> buffer = new(16 * 1024);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("openapi", "3.1.0");
            json.WriteStartObject("info");
            json.WriteString("title", "Kedge control plane");
            json.WriteString("version", version);
            json.WriteEndObject();
            json.WriteStartObject("paths");
            foreach (IGrouping<string, Route> path in routes.GroupBy(r => r.Pattern))
            {
                json.WriteStartObject(path.Key);
                foreach (Route route in path)
                {
                    WriteCall(json, route);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            WriteComponents(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteCall(Utf8JsonWriter json, Route route)
    {
        json.WriteStartObject(route.Method.ToLowerInvariant());
        json.WriteString("summary", route.Summary);
        json.WriteString("x-kedge-access", route.Access.ToString().ToLowerInvariant());
        json.WriteStartArray("parameters");
        foreach (Match match in Parameter().Matches(route.Pattern))
        {
            json.WriteStartObject();
            json.WriteString("name", match.Groups[1].Value);
            json.WriteString("in", "path");
            json.WriteBoolean("required", true);
            json.WriteStartObject("schema");
            json.WriteString("type", "string");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("responses");
        json.WriteStartObject("default");
        json.WriteString("description", "A problem with a stable code.");
        json.WriteStartObject("content");
        json.WriteStartObject("application/json");
        json.WriteStartObject("schema");
        json.WriteString("$ref", "#/components/schemas/Problem");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("2XX");
        json.WriteString("description", "Done.");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("security");
        if (route.Access is not (Access.Proof or Access.Root))
        {
            json.WriteStartObject();
            json.WriteStartArray(route.Access == Access.Device ? "deviceCertificate" : "bearer");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteComponents(Utf8JsonWriter json) => json.WriteRawProperty("components", """
        {
          "securitySchemes": {
            "bearer": { "type": "http", "scheme": "bearer" },
            "deviceCertificate": { "type": "mutualTLS" }
          },
          "schemas": {
            "Problem": {
              "type": "object",
              "required": ["error"],
              "properties": {
                "error": {
                  "type": "object",
                  "required": ["code", "message"],
                  "properties": { "code": { "type": "string" }, "message": { "type": "string" } }
                },
                "findings": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "properties": {
                      "code": { "type": "string" }, "message": { "type": "string" },
                      "field": { "type": "string" }, "line": { "type": "integer" }
                    }
                  }
                }
              }
            }
          }
        }
        """);

    private static void WriteRawProperty(this Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value);
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();
}
