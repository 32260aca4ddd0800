using System.Collections.Immutable;
using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>Reads fields by path. Missing ones give the stated default; one that is there but wrong gives it too, so
/// that rules
/// can look at a document that has other mistakes.</summary>
internal sealed class ManifestFields(ManifestNode? node)
{
    public ManifestNode? Node { get; } = node;

    public int Line => Node?.Line ?? 0;

    public bool IsThere => Node is not null;

    public ManifestFields At(params ReadOnlySpan<string> path)
    {
        ManifestNode? at = Node;
        foreach (string step in path)
        {
            at = (at as ManifestNode.Mapping)?.Find(step);
        }

        return new ManifestFields(at);
    }

    public string Text(params ReadOnlySpan<string> path) => (At(path).Node as ManifestNode.Scalar)?.Text ?? "";

    public long Bytes(params ReadOnlySpan<string> path) =>
        Quantity.TryParseBytes(Text(path), out long bytes) ? bytes : 0;

    public int Milli(params ReadOnlySpan<string> path) => Quantity.TryParseMilli(Text(path), out int milli) ? milli : 0;

    public long Number(params ReadOnlySpan<string> path) =>
        At(path).Node is ManifestNode.Scalar scalar && ScalarWords.TryInteger(scalar, out long value) ? value : 0;

    public bool Flag(params ReadOnlySpan<string> path) =>
        At(path).Node is ManifestNode.Scalar scalar && ScalarWords.IsTrue(scalar);

    public IEnumerable<ManifestFields> Items(params ReadOnlySpan<string> path) =>
        At(path).Node is ManifestNode.Sequence sequence ? sequence.Items.Select(item => new ManifestFields(item)) : [];

    public ImmutableSortedDictionary<string, string> Labels(params ReadOnlySpan<string> path)
    {
        ImmutableSortedDictionary<string, string>.Builder labels = LabelRules.None.ToBuilder();
        if (At(path).Node is ManifestNode.Mapping mapping)
        {
            foreach (ManifestEntry entry in mapping.Entries)
            {
                labels[entry.Key] = (entry.Value as ManifestNode.Scalar)?.Text ?? "";
            }
        }

        return labels.ToImmutable();
    }
}
