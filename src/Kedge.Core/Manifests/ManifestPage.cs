using System.Text;

namespace Kedge.Core.Manifests;

/// <summary>
/// Writes the tables of all kinds as pages for people: <c>docs/manifests.md</c> and <c>kedge explain KIND.FIELD</c>.
/// </summary>
public static class ManifestPage
{
    private const string Opening =
        """
        # Manifests

        What you ask for is written as YAML or JSON and given to `kedge apply -f FILE`. One file may hold several
        objects, divided by `---`; all of them are applied, or none. Every mistake in a file is reported at once, with
        its line. A field that a kind does not have is an error, so that a misspelt one cannot silently do nothing.

        Editors complete and check manifests with the JSON Schema in `docs/schema/kedge.dev_v1.schema.json`, which
        `kedge schema` prints too; `kedge explain deployment.spec.endpoint` prints what stands here.

        Amounts are written as Kubernetes writes them: memory `256Mi`, `4Gi`, `500M` or plain bytes; CPU `500m` or `2`.
        Times are `30m`, `24h`, `7d`. Names are DNS labels: 1 to 63 of `a-z 0-9 -`. Anchors, aliases and type tags of
        YAML are refused: write values out. A text that looks like a number, `true` or `null` needs quotes.

        This page is generated from the tables in `src/Kedge.Core/Manifests`.

        """;

    /// <summary>The whole page in Markdown.</summary>
    public static string Write()
    {
        StringBuilder page = new(Opening.ReplaceLineEndings("\n"));
        foreach (KindSchema kind in ManifestKinds.All)
        {
            page.Append($"\n## {kind.Kind}\n\n{kind.Description}\n\n");
            page.Append($"```yaml\n{kind.Example.ReplaceLineEndings("\n").TrimEnd()}\n```\n\n");
            page.Append("| field | takes | what it says |\n|---|---|---|\n");
            foreach ((string path, FieldSchema field) in Walk(kind.Root, ""))
            {
                page.Append($"| `{path}` | {Takes(field)} | {field.Description}{Remarks(field)} |\n");
            }
        }

        page.Append($"\nThe kinds {string.Join(", ", ManifestKinds.Reserved)} are kept for later versions.\n");
        return page.ToString();
    }

    /// <summary>One field and those directly below it, as plain text.</summary>
    public static string Explain(string path, FieldSchema field)
    {
        FieldSchema shown = field.Item is { Shape: FieldShape.Object } item
            ? field with { Fields = item.Fields }
            : field;
        StringBuilder text = new();
        text.Append($"{path}: {Takes(field)}{(field.IsRequired ? ", required" : "")}\n\n");
        text.Append($"  {Plain(field.Description + Remarks(field with { IsRequired = false }))}\n");
        if (shown.Fields.Length > 0)
        {
            text.Append("\nfields:\n");
        }

        foreach (FieldSchema child in shown.Fields)
        {
            text.Append($"  {child.Name}: {Takes(child)}\n    {Plain(child.Description + Remarks(child))}\n");
        }

        return text.ToString();
    }

    /// <summary>Every field of a tree with its path, parents first.</summary>
    public static IEnumerable<(string Path, FieldSchema Field)> Walk(FieldSchema root, string path)
    {
        foreach (FieldSchema field in root.Fields)
        {
            string at = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
            yield return (at, field);
            FieldSchema below = field.Item ?? field;
            foreach ((string, FieldSchema) child in Walk(below, field.Item is null ? at : at + "[]"))
            {
                yield return child;
            }
        }
    }

    private static string Takes(FieldSchema field)
    {
        string bounds = ShapeWords.Bounds(field);
        string words = field is { Shape: FieldShape.List, Item: { Shape: not FieldShape.Object } item }
            ? $"a list, each {ShapeWords.Of(item)}"
            : ShapeWords.Of(field);
        return bounds.Length == 0 ? words : $"{words}, {bounds}";
    }

    private static string Remarks(FieldSchema field) =>
        (field.IsRequired ? " Required." : "") + (field.Default.Length > 0 ? $" Default: `{field.Default}`." : "");

    private static string Plain(string text) => text.Replace("`", "", StringComparison.Ordinal);
}
