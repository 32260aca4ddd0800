using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Core.Models;

/// <summary>
/// The part of <see cref="PackageManifestCheck"/> that looks at what goes around the models: graph, members, labels.
/// What stands in these files is asked where they are read.
/// </summary>
internal static class GraphChecks
{
    internal static void Labels(PackageManifest manifest, ImmutableArray<Finding>.Builder findings)
    {
        if (manifest.Labels.Length > 0 && !IsSameFile(manifest, manifest.Labels, ModelLimits.LabelsBytesMax))
        {
            findings.Add(ModelErrors.Labels.At(
                $"The labels must be one file of every variant, of at most {ModelLimits.LabelsBytesMax} bytes.",
                "labels"));
        }
    }

    internal static void Graph(PackageManifest manifest, ImmutableArray<Finding>.Builder findings)
    {
        if (manifest.Graph is not { } graph)
        {
            return;
        }

        if (graph.MediaType != PackageGraph.MediaTypeKnown)
        {
            findings.Add(ModelErrors.GraphFile.At(
                "The kind of graph file is not known to this version.", "graph.mediaType"));
        }

        if (!IsSameFile(manifest, graph.Path, ModelLimits.GraphBytesMax))
        {
            findings.Add(ModelErrors.GraphFile.At(
                $"The graph must be one file of every variant, of at most {ModelLimits.GraphBytesMax} bytes.",
                "graph.path"));
        }

        if (graph.Members.Length is 0 or > ModelLimits.GraphMembersMax)
        {
            findings.Add(ModelErrors.Count.At(
                $"There are {graph.Members.Length} members; 1 to {ModelLimits.GraphMembersMax} are allowed.",
                "graph.members"));
        }

        for (int index = 0; index < graph.Members.Length; index++)
        {
            Member(manifest, graph, index, findings);
        }
    }

    private static void Member(
        PackageManifest manifest, PackageGraph graph, int index, ImmutableArray<Finding>.Builder findings)
    {
        GraphMember member = graph.Members[index];
        string at = $"graph.members[{index}]";
        bool isOwn = index == 0;
        bool isNamed = isOwn
            ? member.Name == PackageGraph.OwnMember
            : member.Name.Length is > 0 and <= ModelLimits.GraphNameCharsMax && !member.Name.Any(char.IsControl)
                && graph.Members.Take(index).All(other => other.Name != member.Name);
        if (!isNamed)
        {
            findings.Add(ModelErrors.GraphMember.At(
                "The first member is the variant's own, 'model'; every other has a name of its own.", at + ".name"));
        }

        bool isPlaced = isOwn
            ? member.Path.Length == 0 && manifest.Variants.All(static one => Computes(one.Format))
            : Computes(ModelFormats.OfFile(member.Path))
                && manifest.Variants.All(one => one.Files.Any(file => file.Path == member.Path));
        if (!isPlaced)
        {
            findings.Add(ModelErrors.GraphMember.At(
                "A member is an ONNX or TensorFlow Lite model: the variant's own, or a file of every variant.",
                at + ".path"));
        }

        PackageManifestCheck.Tensors(member.Inputs, at + ".inputs", countMin: 0, findings);
        PackageManifestCheck.Tensors(member.Outputs, at + ".outputs", countMin: 1, findings);
    }

    private static bool Computes(ModelFormat format) => format is ModelFormat.Onnx or ModelFormat.TfLite;

    private static bool IsSameFile(PackageManifest manifest, string path, int bytesMax)
    {
        Digest first = default;
        foreach (ModelVariant variant in manifest.Variants)
        {
            PackageFile? file = variant.Files.FirstOrDefault(one => one.Path == path);
            if (file is null || file.Bytes > bytesMax || path == variant.EntryFile
                || (!first.IsNone && file.Digest != first))
            {
                return false;
            }

            first = file.Digest;
        }

        return true;
    }
}
