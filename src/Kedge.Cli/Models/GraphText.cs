using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using Kedge.Content.Formats;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Inference.Graphs;

namespace Kedge.Cli.Models;

/// <summary>
/// A graph as its author wrote it. JSON is packaged byte by byte, so that what the author signed stays what it is; YAML
/// becomes the JSON that devices read.
/// </summary>
internal static partial class GraphText
{
    /// <summary>The bytes to package.</summary>
    /// <param name="file">The author's file.</param>
    /// <param name="path">Where it lies, for messages.</param>
    /// <exception cref="CliException">It is no YAML, or not one object.</exception>
    public static byte[] ReadJson(ModelFile file, string path)
    {
        if (file.Bytes > GraphLimits.FileBytesMax)
        {
            throw new CliException(
                [GraphErrors.Unreadable.At(
                    $"{path} has {file.Bytes} bytes, at most {GraphLimits.FileBytesMax} are taken.")],
                ExitCodes.Refused);
        }

        byte[] text = PushedGraph.ReadWhole(file);
        if (text.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("{"u8))
        {
            return text;
        }

        switch (ManifestYaml.Read(text))
        {
            case ManifestTextOutcome.Read { Documents: [ManifestNode.Mapping graph] }:
                return Written(graph);
            case ManifestTextOutcome.Read:
                throw new CliException(
                    [GraphErrors.Unreadable.At($"{path} must hold one object.")], ExitCodes.Refused);
            case ManifestTextOutcome.Invalid invalid:
                ImmutableArray<Finding> findings =
                    [.. invalid.Findings.Select(one => one with { Message = $"{path}:{one.Line}: {one.Message}" })];
                throw new CliException(findings, ExitCodes.Refused);
            default:
                throw Check.Unreachable(path);
        }
    }

    private static byte[] Written(ManifestNode graph)
    {
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        Write(json, graph);
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>A number stays as it was written: a factor must not lose a digit.</summary>
    private static void Write(Utf8JsonWriter json, ManifestNode node)
    {
        switch (node)
        {
            case ManifestNode.Scalar { IsQuoted: false, Text: "true" or "false" or "null" } word:
                json.WriteRawValue(word.Text);
                break;
            case ManifestNode.Scalar { IsQuoted: false } plain when IsNumber(plain.Text):
                json.WriteRawValue(plain.Text);
                break;
            case ManifestNode.Scalar text:
                json.WriteStringValue(text.Text);
                break;
            case ManifestNode.Mapping mapping:
                json.WriteStartObject();
                foreach (ManifestEntry entry in mapping.Entries)
                {
                    json.WritePropertyName(entry.Key);
                    Write(json, entry.Value);
                }

                json.WriteEndObject();
                break;
            case ManifestNode.Sequence sequence:
                json.WriteStartArray();
                foreach (ManifestNode item in sequence.Items)
                {
                    Write(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                throw Check.Unreachable(node);
        }
    }

    private static bool IsNumber(string text) => JsonNumber().IsMatch(text);

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\z")]
    private static partial Regex JsonNumber();
}
