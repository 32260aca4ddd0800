using System.Globalization;
using Kedge.Core.Models;

namespace Kedge.Cli.Models;

/// <summary>What a package's graph is, in a few words for people.</summary>
internal static class GraphWords
{
    /// <summary>How many models it runs, by name where there are several: <c>1 model</c>.</summary>
    public static string Models(PackageGraph graph) => graph.Members.Length == 1
        ? "1 model"
        : string.Create(CultureInfo.InvariantCulture, $"{graph.Members.Length} models (")
            + string.Join(", ", graph.Members.Select(static member => member.Name)) + ")";

    /// <summary>What goes in and comes out: <c>image in, label and score out</c>.</summary>
    public static string Ends(PackageManifest manifest) =>
        $"{Names(manifest.Inputs)} in, {Names(manifest.Outputs)} out";

    private static string Names(IEnumerable<TensorDeclaration> tensors) =>
        string.Join(" and ", tensors.Select(static tensor => tensor.Name));
}
