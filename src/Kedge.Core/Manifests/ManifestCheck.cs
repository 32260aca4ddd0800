using System.Globalization;
using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>Holds a document against the table of its kind and reports everything that does not fit. It knows shapes
/// and
/// bounds; what contradicts each other is found by the rules of each kind.</summary>
internal sealed class ManifestCheck(FindingList findings)
{
    /// <summary>Checks one value and all below it.</summary>
    public void Check(ManifestNode node, FieldSchema schema, string path)
    {
        switch (schema.Shape)
        {
            case FieldShape.Object:
                CheckObject(node, schema, path);
                break;
            case FieldShape.List:
                CheckList(node, schema, path);
                break;
            case FieldShape.Labels:
            case FieldShape.Tags:
                CheckMap(node, schema, path);
                break;
            case FieldShape.Ignored:
                break;
            default:
                if (node is ManifestNode.Scalar scalar)
                {
                    new ScalarCheck(findings).Check(scalar, schema, path);
                }
                else
                {
                    WrongType(node, schema, path);
                }

                break;
        }
    }

    private void CheckObject(ManifestNode node, FieldSchema schema, string path)
    {
        if (node is not ManifestNode.Mapping mapping)
        {
            WrongType(node, schema, path);
            return;
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (ManifestEntry entry in mapping.Entries)
        {
            string at = Below(path, entry.Key);
            if (!seen.Add(entry.Key))
            {
                findings.Add(SpecErrors.DuplicateField, $"field {at} is given twice", at, entry.Line);
            }
            else if (schema.Find(entry.Key) is FieldSchema field)
            {
                Check(entry.Value, field, at);
            }
            else
            {
                string shown = ScalarWords.Shown(entry.Key);
                string hint = DidYouMean.Sentence(entry.Key, schema.Fields.Select(known => known.Name));
                string where = path.Length == 0 ? "the object" : path;
                findings.Add(SpecErrors.UnknownField, $"{where} has no field '{shown}'{hint}", at, entry.Line);
            }
        }

        foreach (FieldSchema field in schema.Fields.Where(field => field.IsRequired && !seen.Contains(field.Name)))
        {
            string at = Below(path, field.Name);
            findings.Add(SpecErrors.MissingField, $"{at} is missing", at, mapping.Line);
        }
    }

    private void CheckList(ManifestNode node, FieldSchema schema, string path)
    {
        if (node is not ManifestNode.Sequence sequence)
        {
            WrongType(node, schema, path);
            return;
        }

        CheckCount(sequence.Items.Length, schema, path, node.Line);
        FieldSchema item = schema.Item!; // every list in the tables has one, which a test walks
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int index = 0; index < sequence.Items.Length; index++)
        {
            ManifestNode value = sequence.Items[index];
            string at = string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");
            Check(value, item, at);
            if (value is ManifestNode.Scalar scalar && !seen.Add(scalar.Text))
            {
                findings.Add(
                    SpecErrors.DuplicateValue,
                    $"{path} names {ScalarWords.Shown(scalar.Text)} twice",
                    at,
                    value.Line);
            }
        }
    }

    private void CheckMap(ManifestNode node, FieldSchema schema, string path)
    {
        if (node is not ManifestNode.Mapping mapping)
        {
            WrongType(node, schema, path);
            return;
        }

        CheckCount(mapping.Entries.Length, schema, path, node.Line);
        FieldSchema value = FieldSchema.Of(
            "",
            schema.Shape == FieldShape.Tags ? FieldShape.Digest : FieldShape.LabelValue,
            schema.Description);
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (ManifestEntry entry in mapping.Entries)
        {
            string at = Below(path, entry.Key);
            if (!seen.Add(entry.Key))
            {
                findings.Add(SpecErrors.DuplicateField, $"{at} is given twice", at, entry.Line);
                continue;
            }

            CheckKey(entry, schema.Shape, at);
            Check(entry.Value, value, at);
        }
    }

    private void CheckKey(ManifestEntry entry, FieldShape shape, string at)
    {
        string shown = ScalarWords.Shown(entry.Key);
        if (shape == FieldShape.Tags)
        {
            if (!PackageReference.IsTag(entry.Key))
            {
                findings.Add(
                    SpecErrors.Package,
                    $"'{shown}' is no tag: 1 to 63 letters, digits, dots, underscores and hyphens",
                    at,
                    entry.Line);
            }
        }
        else if (!LabelRules.IsKey(entry.Key))
        {
            findings.Add(SpecErrors.Label, $"'{shown}' is no label key", at, entry.Line);
        }
    }

    private void CheckCount(int count, FieldSchema schema, string path, int line)
    {
        if (count < schema.Min || (schema.Max > 0 && count > schema.Max))
        {
            findings.Add(
                SpecErrors.Count,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path} has {count} entries, {schema.Min} to {schema.Max} are allowed"),
                path,
                line);
        }
    }

    private void WrongType(ManifestNode node, FieldSchema schema, string path)
    {
        string found = node switch
        {
            ManifestNode.Scalar scalar => ScalarWords.Describe(scalar),
            ManifestNode.Mapping => "fields",
            ManifestNode.Sequence => "a list",
            _ => throw Core.Check.Unreachable(node),
        };
        string where = path.Length == 0 ? "the document" : path;
        findings.Add(SpecErrors.WrongType, $"{where} takes {ShapeWords.Of(schema)}, not {found}", path, node.Line);
    }

    private static string Below(string path, string key)
    {
        string shown = ScalarWords.Shown(key);
        return path.Length == 0 ? shown : $"{path}.{shown}";
    }
}
