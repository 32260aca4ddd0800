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
        ManifestTree.WriteJson(json, graph, WriteScalar);
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>A number stays as it was written: a factor must not lose a digit.</summary>
    private static void WriteScalar(Utf8JsonWriter json, ManifestNode.Scalar scalar)
    {
        if (!scalar.IsQuoted && (scalar.Text is "true" or "false" or "null" || IsNumber(scalar.Text)))
        {
            json.WriteRawValue(scalar.Text);
        }
        else
        {
            json.WriteStringValue(scalar.Text);
        }
    }

    private static bool IsNumber(string text) => JsonNumber().IsMatch(text);

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\z")]
    private static partial Regex JsonNumber();
}
