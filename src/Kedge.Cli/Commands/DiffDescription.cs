using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Kedge.Cli.Models;
using Kedge.Cli.Output;

namespace Kedge.Cli.Commands;

/// <summary>What changed from one package to another, for people and for programs.</summary>
internal sealed class DiffDescription(
    ServerPackage before, ServerPackage after, PackageDiff diff, ImmutableArray<FileComparison> files)
{
    /// <summary>Tensors that a table shows; <c>-o json</c> has all.</summary>
    private const int TensorsShownMax = 100;

    public string Text()
    {
        FieldBlock block = new FieldBlock()
            .Add("From", $"{before.Manifest.Name}@{before.Resource.Digest}")
            .Add("To", $"{after.Manifest.Name}@{after.Resource.Digest}")
            .Add("Shared", $"{Ages.Bytes(diff.SharedBytes)} of {Ages.Bytes(diff.Bytes)} by chunks");
        TextTable fields = new("FIELD", "FROM", "TO");
        foreach (FieldChange field in diff.Fields)
        {
            fields.Add(field.Field, field.Before, field.After);
        }

        block.AddTable("Fields", fields, colour: false);
        TextTable table = new("FILE", "OF", "CHANGE", "FROM", "TO", "SHARED", "DIFFERENCE");
        foreach (FileChange file in diff.Files)
        {
            table.Add(
                file.Path,
                file.Variant.Length > 0 ? file.Variant : "all",
                file.Kind,
                file.Before is { } old ? Ages.Bytes(old.Bytes) : "",
                file.After is { } now ? Ages.Bytes(now.Bytes) : "",
                file.After is null ? "" : Ages.Bytes(file.SharedBytes),
                files.FirstOrDefault(one => one.Change == file) is { } compared ? Ages.Bytes(compared.DeltaBytes) : "");
        }

        return block.AddTable("Files", table, colour: false).ToString() + Tensors();
    }

    public JsonObject Node() => new()
    {
        ["from"] = before.Resource.Digest,
        ["to"] = after.Resource.Digest,
        ["bytes"] = diff.Bytes,
        ["bytesShared"] = diff.SharedBytes,
        ["fields"] = new JsonArray([.. diff.Fields.Select(static field => (JsonNode)new JsonObject
        {
            ["field"] = field.Field,
            ["from"] = field.Before,
            ["to"] = field.After,
        })]),
        ["files"] = new JsonArray([.. diff.Files.Select(FileNode)]),
    };

    private string Tensors()
    {
        TextTable table = new("TENSOR", "OF", "CHANGE", "TYPE", "SIZE", "ELEMENTS", "LARGEST");
        int count = 0;
        foreach (FileComparison file in files)
        {
            foreach (TensorChange tensor in file.Tensors)
            {
                if (count++ < TensorsShownMax)
                {
                    Add(table, file.Change, tensor);
                }
            }
        }

        return table.RowCount == 0 ? "" : new FieldBlock().AddTable("Tensors", table, colour: false)
            + (count > TensorsShownMax
                ? string.Create(
                    CultureInfo.InvariantCulture, $"  and {count - TensorsShownMax} more; -o json has all\n")
                : "");
    }

    private static void Add(TextTable table, FileChange file, TensorChange tensor) => table.Add(
        tensor.Name,
        file.Variant,
        tensor.Kind,
        tensor.Element.ToString().ToLowerInvariant(),
        Ages.Bytes(tensor.Bytes),
        tensor.Kind == "changed"
            ? string.Create(CultureInfo.InvariantCulture, $"{tensor.ChangedElements} of {tensor.Elements}")
            : "",
        tensor.LargestDifference?.ToString("0.###e+0", CultureInfo.InvariantCulture) ?? "");

    private JsonNode FileNode(FileChange file)
    {
        JsonObject node = new()
        {
            ["path"] = file.Path,
            ["variant"] = file.Variant,
            ["change"] = file.Kind,
            ["bytesFrom"] = file.Before?.Bytes ?? 0,
            ["bytesTo"] = file.After?.Bytes ?? 0,
            ["bytesShared"] = file.SharedBytes,
        };
        if (files.FirstOrDefault(one => one.Change == file) is { } compared)
        {
            node["bytesDifference"] = compared.DeltaBytes;
            node["tensors"] = new JsonArray([.. compared.Tensors.Select(static tensor => (JsonNode)new JsonObject
            {
                ["name"] = tensor.Name,
                ["change"] = tensor.Kind,
                ["type"] = tensor.Element.ToString().ToLowerInvariant(),
                ["bytes"] = tensor.Bytes,
                ["elements"] = tensor.Elements,
                ["elementsChanged"] = tensor.ChangedElements,
                ["largestDifference"] = tensor.LargestDifference,
            })]);
        }

        return node;
    }
}
