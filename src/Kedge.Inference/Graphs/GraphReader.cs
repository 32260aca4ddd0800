using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs;

/// <summary>
/// Reads graph.json. Strict: a field that is not known is a finding, since a misspelt parameter would change answers.
/// </summary>
internal static class GraphReader
{
    private const int DepthMax = 8;
    private static readonly string[] Fields = ["schema", "inputs", "models", "steps", "outputs"];
    private static readonly string[] StepFields = ["name", "op", "inputs", "outputs"];

    internal static GraphSpec? Read(ReadOnlySpan<byte> json, out ImmutableArray<Finding> findings)
    {
        ImmutableArray<Finding>.Builder found = ImmutableArray.CreateBuilder<Finding>();
        GraphSpec? spec = null;
        if (json.Length > GraphLimits.FileBytesMax)
        {
            found.Add(GraphErrors.Unreadable.At("The file is larger than 65536 bytes."));
        }
        else
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(
                    json.ToArray(), new JsonDocumentOptions { MaxDepth = DepthMax });
                RefuseRepeats(document.RootElement, found);
                spec = found.Count > 0 ? null : Whole(document.RootElement.Clone(), found);
            }
            catch (Exception failure) when (failure is JsonException or InvalidOperationException)
            {
                found.Add(GraphErrors.Unreadable.At(failure.Message));
            }
        }

        findings = found.ToImmutable();
        return findings.IsEmpty ? spec : null;
    }

    private static GraphSpec? Whole(JsonElement root, ImmutableArray<Finding>.Builder found)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            found.Add(GraphErrors.Unreadable.At("It is no JSON object."));
            return null;
        }

        Unknown(root, Fields, "", found);
        if (!root.TryGetProperty("schema", out JsonElement schema)
            || schema.ValueKind != JsonValueKind.Number
            || !schema.TryGetInt32(out int number)
            || number != GraphLimits.Schema)
        {
            found.Add(GraphErrors.Unreadable.At("must be 1.", "schema"));
        }

        return new GraphSpec
        {
            Inputs = Items(root, "inputs", GraphLimits.EndsMax, found, Input),
            Models = root.TryGetProperty("models", out _)
                ? Items(root, "models", GraphLimits.ModelsMax, found, Model)
                : [],
            Steps = Items(root, "steps", GraphLimits.StepsMax, found, Step),
            Outputs = Names(root, "outputs", GraphLimits.EndsMax, "", found),
        };
    }

    private static ImmutableArray<T> Items<T>(
        JsonElement root,
        string field,
        int countMax,
        ImmutableArray<Finding>.Builder found,
        Func<JsonElement, string, ImmutableArray<Finding>.Builder, T> read)
    {
        if (!root.TryGetProperty(field, out JsonElement list)
            || list.ValueKind != JsonValueKind.Array
            || list.GetArrayLength() < 1
            || list.GetArrayLength() > countMax)
        {
            found.Add(GraphErrors.Unreadable.At($"must be a list of 1..{countMax} objects.", field));
            return [];
        }

        ImmutableArray<T>.Builder items = ImmutableArray.CreateBuilder<T>();
        foreach (JsonElement item in list.EnumerateArray())
        {
            string where = string.Create(CultureInfo.InvariantCulture, $"{field}[{items.Count}]");
            if (item.ValueKind != JsonValueKind.Object)
            {
                found.Add(GraphErrors.Unreadable.At("must be an object.", where));
                return [];
            }

            items.Add(read(item, where, found));
        }

        return items.ToImmutable();
    }

    private static TensorSpec Input(JsonElement item, string where, ImmutableArray<Finding>.Builder found)
    {
        Unknown(item, ["name", "datatype", "shape"], where, found);
        TensorType type = item.TryGetProperty("datatype", out JsonElement word)
            && word.ValueKind == JsonValueKind.String
            ? TensorTypes.Parse(Encoding.UTF8.GetBytes(word.GetString() ?? ""))
            : TensorType.Unknown;
        if (type == TensorType.Unknown)
        {
            found.Add(GraphErrors.Unreadable.At("must be a datatype such as BYTES or FP32.", where + ".datatype"));
        }

        return new TensorSpec(Name(item, "name", where, found), type, Shape(item, where, found));
    }

    private static ImmutableArray<long> Shape(
        JsonElement item, string where, ImmutableArray<Finding>.Builder found)
    {
        ImmutableArray<long>.Builder shape = ImmutableArray.CreateBuilder<long>();
        bool holds = item.TryGetProperty("shape", out JsonElement list) && list.ValueKind == JsonValueKind.Array
            && list.GetArrayLength() <= InferenceLimits.RankMax;
        foreach (JsonElement size in holds ? list.EnumerateArray() : default)
        {
            long extent = 0;
            holds &= size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out extent)
                && extent is -1 or (>= 1 and <= InferenceLimits.TensorBytesMax);
            shape.Add(extent);
        }

        if (!holds)
        {
            found.Add(GraphErrors.Unreadable.At(
                "must be a list of at most 16 sizes, each 1 or more, or -1 for any.", where + ".shape"));
        }

        return shape.ToImmutable();
    }

    private static GraphModelSpec Model(JsonElement item, string where, ImmutableArray<Finding>.Builder found)
    {
        Unknown(item, ["name", "file"], where, found);
        string file = Name(item, "file", where, found);
        if (!IsFileName(file))
        {
            found.Add(GraphErrors.Unreadable.At("must be the name of a file, without a folder.", where + ".file"));
        }

        return new GraphModelSpec(Name(item, "name", where, found), file);
    }

    private static GraphStepSpec Step(JsonElement item, string where, ImmutableArray<Finding>.Builder found) => new(
        Name(item, "name", where, found),
        Name(item, "op", where, found),
        Names(item, "inputs", GraphLimits.StepValuesMax, where, found),
        Names(item, "outputs", GraphLimits.StepValuesMax, where, found),
        item.EnumerateObject()
            .Where(static field => !StepFields.Contains(field.Name))
            .ToImmutableDictionary(
                static field => field.Name, static field => field.Value, StringComparer.Ordinal));

    private static ImmutableArray<string> Names(
        JsonElement item, string field, int countMax, string where, ImmutableArray<Finding>.Builder found)
    {
        string path = where.Length == 0 ? field : $"{where}.{field}";
        bool holds = item.TryGetProperty(field, out JsonElement list)
            && list.ValueKind == JsonValueKind.Array
            && list.GetArrayLength() >= 1
            && list.GetArrayLength() <= countMax
            && list.EnumerateArray().All(static name => name.ValueKind == JsonValueKind.String
                && IsName(name.GetString() ?? ""));
        if (!holds)
        {
            found.Add(GraphErrors.Unreadable.At($"must be a list of 1..{countMax} names.", path));
            return [];
        }

        return [.. list.EnumerateArray().Select(static name => name.GetString() ?? "")];
    }

    private static string Name(JsonElement item, string field, string where, ImmutableArray<Finding>.Builder found)
    {
        if (item.TryGetProperty(field, out JsonElement name)
            && name.ValueKind == JsonValueKind.String
            && IsName(name.GetString() ?? ""))
        {
            return name.GetString() ?? "";
        }

        found.Add(GraphErrors.Unreadable.At("must be a name of 1..128 characters.", $"{where}.{field}"));
        return "";
    }

    private static void Unknown(
        JsonElement item, ReadOnlySpan<string> fields, string where, ImmutableArray<Finding>.Builder found)
    {
        foreach (JsonProperty field in item.EnumerateObject())
        {
            if (!fields.Contains(field.Name))
            {
                found.Add(GraphErrors.Unreadable.At(
                    $"There is no field '{field.Name}'; there are {string.Join(", ", fields!)}.", where));
            }
        }
    }

    private static void RefuseRepeats(JsonElement element, ImmutableArray<Finding>.Builder found)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray())
            {
                RefuseRepeats(item, found);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            HashSet<string> seen = new(StringComparer.Ordinal);
            foreach (JsonProperty field in element.EnumerateObject())
            {
                if (!seen.Add(field.Name))
                {
                    found.Add(GraphErrors.Unreadable.At("is given twice.", field.Name));
                }

                RefuseRepeats(field.Value, found);
            }
        }
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= GraphLimits.NameCharsMax && !text.Any(char.IsControl);

    /// <summary>True for a name that cannot leave the folder.</summary>
    internal static bool IsFileName(string text) => IsName(text) && text is not ("." or "..")
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
