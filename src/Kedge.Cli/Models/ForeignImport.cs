using System.Collections.Immutable;
using Kedge.Cli.Commands;
using Kedge.Cli.Running;
using Kedge.Content.Formats;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Manifests;
using Kedge.Core.Models;
using Kedge.Inference.Graphs;
using Kedge.Oci;
using Kedge.Oci.ModelPack;

namespace Kedge.Cli.Models;

/// <summary>
/// Takes over a model that somebody else packed: its files pass the gate like those of any push, become the variants of
/// a new package, and the importer signs. Every layer of weights that no model names as its own data is a variant;
/// other files of its folder go with it. Of a package of ours it keeps the graph and the labels.
/// </summary>
internal sealed class ForeignImport(Session session, IArtifactStore store, ModelPackContent content)
{
    /// <summary>Bytes that were fetched.</summary>
    public long FetchedBytes { get; private set; }

    /// <summary>Runs the import.</summary>
    /// <param name="place">Where it comes from.</param>
    /// <param name="name">Name of the model; empty for the artifact's own.</param>
    /// <param name="terms">How it is pushed.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<PushDescription> RunAsync(OciPlace place, string name, PushTerms terms, CancellationToken ct)
    {
        string model = name.Length > 0 ? name : await NameAsync(place, ct).ConfigureAwait(false);
        ImmutableArray<PackedLayer> files = [.. content.Files.Where(static file => file.IsModel || IsGolden(file))];
        if (!files.Any(static file => file.Blob.MediaType == ModelPackTypes.Weight))
        {
            throw new CliException([OciErrors.NotAModel.At("it has no layer of weights")], ExitCodes.Refused);
        }

        using ImportFolder folder = new();
        await folder.FetchAsync(session, store, files, ct).ConfigureAwait(false);
        FetchedBytes = folder.FetchedBytes;
        PackedLayer? golden = files.FirstOrDefault(IsGolden);
        ImmutableArray<PackedLayer> labels = await LabelsAsync(ct).ConfigureAwait(false);
        PushPlan plan = new()
        {
            Name = model,
            Variants = Variants([.. files.Where(file => file.IsModel && !labels.Contains(file))], folder, ct),
            Tolerances = new Dictionary<string, GoldenTolerance>(StringComparer.Ordinal),
            Graph = Graph(files) is { } graph ? folder.PathOf(graph) : "",
            Labels = labels.IsEmpty ? "" : folder.PathOf(labels[0]),
            Golden = golden is null ? "" : folder.PathOf(golden),
            Reference = "",
            Provenance = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
                .Add("imported.from", place.ToString())
                .Add("imported.manifest", content.Document.Digest.ToString()),
        };
        return await ModelPushCommand.RunAsync(session, plan, terms, ct).ConfigureAwait(false);
    }

    private static bool IsGolden(PackedLayer file) =>
        file is { Path: "golden.json", Blob.MediaType: ModelPackTypes.Dataset };

    /// <summary>
    /// The labels of a package of ours, which its manifest names and nothing in its files: one for each variant, the
    /// same file. That the manifest is signed counts for nothing here; what it names is taken as a file of the artifact
    /// or not at all.
    /// </summary>
    private async Task<ImmutableArray<PackedLayer>> LabelsAsync(CancellationToken ct)
    {
        if (content.Envelope is not { } blob)
        {
            return [];
        }

        byte[] envelope = await store.GetAsync(blob, ModelLimits.EnvelopeBytesMax, ct).ConfigureAwait(false);
        return Dsse.TryParse(envelope, out DsseEnvelope? parsed, out _)
            && PackageFormat.TryRead(parsed!.Payload.Span, out PackageManifest? manifest, out _) // True gives both.
            && manifest!.Labels.Length > 0
            ? [.. ModelPackWriter.PathsOf(manifest, manifest.Labels)
                .SelectMany(path => content.Files.Where(file => file.IsModel && file.Path == path))]
            : [];
    }

    private async Task<string> NameAsync(OciPlace place, CancellationToken ct)
    {
        byte[] config = await store.GetAsync(content.Config, OciLimits.ConfigBytesMax, ct).ConfigureAwait(false);
        string last = place is OciPlace.Registry registry ? registry.Repository.Split('/')[^1] : "";
        foreach (string candidate in (string[])[ModelPackContent.NameOf(config), last])
        {
            string name = candidate.ToLowerInvariant().Replace('_', '-').Replace('.', '-');
            if (Ids.IsName(name))
            {
                return name;
            }
        }

        throw new CliException(
            CliErrors.Usage, $"{place} has no name for a model; give one with --name", ExitCodes.Usage);
    }

    private static ImmutableArray<VariantSpec> Variants(
        ImmutableArray<PackedLayer> files, ImportFolder folder, CancellationToken ct)
    {
        using PushFiles open = new(ct);
        HashSet<string> named = new(StringComparer.Ordinal);
        foreach (PackedLayer file in files.Where(static one => one.Blob.MediaType == ModelPackTypes.Weight))
        {
            string path = folder.PathOf(file);
            named.UnionWith(open.Named(path, open.Open(path)).Select(one => Beside(file, one)));
        }

        foreach (PackedLayer graph in files.Where(IsGraph))
        {
            named.UnionWith(NamedBy(graph, open.Open(folder.PathOf(graph))));
        }

        ImmutableArray<PackedLayer> models = [.. files.Where(file =>
            file.Blob.MediaType == ModelPackTypes.Weight && !named.Contains(file.Path))];
        return [.. models.Select(model => new VariantSpec
        {
            Name = models.Length == 1 ? "" : VariantName(model, models),
            File = folder.PathOf(model),
            Files = [.. files
                .Where(file => file.Folder == model.Folder && !models.Contains(file) && !named.Contains(file.Path))
                .Select(folder.PathOf)],
            Accelerator = AcceleratorKind.Cpu,
            Architectures = [],
            IsaFeatures = [],
            Tolerance = null,
            Costs = [],
        })];
    }

    private static bool IsGraph(PackedLayer file) => file.FileName == GraphSpec.FileName;

    /// <summary>The graph of the artifact: one for all variants, since a package has one.</summary>
    private static PackedLayer? Graph(ImmutableArray<PackedLayer> files) => files.FirstOrDefault(IsGraph);

    /// <summary>The graph, and what it names: they come back through the graph, not as files of a variant.</summary>
    private static IEnumerable<string> NamedBy(PackedLayer graph, ModelFile file)
    {
        string folder = graph.Folder.Length > 0 ? graph.Folder + "/" : "";
        yield return graph.Path;
        if (GraphSpec.TryParse(PushedGraph.ReadWhole(file), out GraphSpec? spec, out _))
        {
            foreach (string name in spec.LabelFiles.Concat(spec.Models.Select(static model => model.File)))
            {
                yield return folder + name;
            }
        }
    }

    private static string Beside(PackedLayer file, ModelFile sibling) =>
        file.Folder.Length > 0 ? $"{file.Folder}/{sibling.Name}" : sibling.Name;

    /// <summary>The folder where it is alone there, else the file's own name.</summary>
    private static string VariantName(PackedLayer model, ImmutableArray<PackedLayer> models)
    {
        bool isAlone = model.Folder.Length > 0 && models.Count(one => one.Folder == model.Folder) == 1;
        string name = isAlone
            ? model.Folder[(model.Folder.LastIndexOf('/') + 1)..]
            : Path.GetFileNameWithoutExtension(model.FileName);
        return name.ToLowerInvariant().Replace('_', '-').Replace('.', '-');
    }
}
