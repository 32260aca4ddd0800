using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Core.Models;

namespace Kedge.Agent.Content;

/// <summary>A model of a release whose package was judged. Never compared.</summary>
/// <param name="Model">The model as the release names it.</param>
/// <param name="Manifest">Its package.</param>
/// <param name="Variant">The variant that was chosen.</param>
internal sealed record JudgedModel(WorkloadModel Model, PackageManifest Manifest, ModelVariant Variant)
{
    /// <summary>The files that it needs, and where the store keeps them.</summary>
    internal IEnumerable<WantedFile> Files()
    {
        foreach (PackageFile file in Variant.Files)
        {
            yield return new($"{ContentStore.VariantFolder(Model.Package, Variant.Name)}/{file.Path}", file);
        }

        if (Manifest.Golden is { } golden)
        {
            yield return new(ContentStore.GoldenPath(Model.Package), golden.File);
        }
    }

    /// <summary>What a supervisor is given once all files are right.</summary>
    internal PreparedModel Prepared() => new(
        Model.Name,
        Model.Package,
        Variant.Format,
        ContentStore.VariantFolder(Model.Package, Variant.Name),
        Variant.EntryFile,
        Manifest.Golden is null ? null : ContentStore.GoldenPath(Model.Package))
    {
        Reference = Manifest.Reference,
        Tolerance = Variant.Tolerance,
        Version = Model.Version,
        Graph = Manifest.Graph?.Path ?? "",
        Labels = Manifest.Labels,
        DecodesImages = Manifest.Graph is { DecodesImages: true },
        RunsTfLite = Runs(ModelFormat.TfLite),
        RunsOnnx = Runs(ModelFormat.Onnx),
    };

    private bool Runs(ModelFormat format)
    {
        foreach (GraphMember member in Manifest.Graph is { } graph ? graph.Members : [])
        {
            if (member.Path.Length > 0 && ModelFormats.OfFile(member.Path) == format)
            {
                return true;
            }
        }

        return false;
    }
}
