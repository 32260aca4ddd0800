using System.Collections.Immutable;
using Kedge.Content.Formats;
using Kedge.Content.Packages;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Imaging;
using Kedge.Inference.Graphs;
using Kedge.Inference.Sessions;

namespace Kedge.Cli.Models;

/// <summary>
/// The graph of a push with everything that it names: looked over before a runtime sees a byte, planned from what the
/// gate found in the models, and run here as a device will run it. Never compared.
/// </summary>
internal sealed record PushedGraph
{
    private PushedGraph()
    {
    }

    /// <summary>What it says.</summary>
    public required GraphSpec Spec { get; init; }

    /// <summary>Files that go with every variant: the graph, its labels, its models and their weights.</summary>
    public required ImmutableArray<ModelFile> Files { get; init; }

    /// <summary>Its models beside the variant's own, in the order of the graph, as the gate accepted them.</summary>
    public required ImmutableArray<PushedVariant> Members { get; init; }

    /// <summary>Its labels by file.</summary>
    public required ImmutableDictionary<string, ImmutableArray<ImmutableArray<byte>>> Labels { get; init; }

    /// <summary>True where all that it needs beside its models is on this machine.</summary>
    public bool RunsHere => Members.All(static member => member.RunsHere)
        && (!Spec.DecodesImages
            || (ImagingLibraries.Find(ImagingLibraries.Jpeg) is not null
                && ImagingLibraries.Find(ImagingLibraries.Png) is not null));

    /// <summary>Reads the graph that a plan names, with its files; null where it names none.</summary>
    /// <param name="plan">What is pushed.</param>
    /// <param name="labels">The labels of the push, taken for a file of that name.</param>
    /// <param name="files">Opens files.</param>
    /// <exception cref="CliException">Something of it may not be packaged.</exception>
    public static PushedGraph? Read(PushPlan plan, ModelFile? labels, PushFiles files)
    {
        if (plan.Graph.Length == 0)
        {
            return null;
        }

        byte[] json = GraphText.ReadJson(files.Open(plan.Graph), plan.Graph);
        if (!GraphSpec.TryParse(json, out GraphSpec? spec, out ImmutableArray<Finding> findings))
        {
            throw Refuse(plan.Graph, findings);
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(plan.Graph)) ?? "/";
        ModelFile Beside(string name) => labels?.Name == name
            ? labels
            : files.OpenBeside(Path.Combine(folder, name), Path.GetFileName(plan.Graph));
        ImmutableArray<ModelFile> texts = [.. spec.LabelFiles.Where(GraphSpec.IsFileName).Select(Beside)];
        ImmutableArray<Finding>.Builder found = ImmutableArray.CreateBuilder<Finding>();
        ImmutableDictionary<string, ImmutableArray<ImmutableArray<byte>>> lines = PackageGraphCheck.ReadLabels(
            spec.LabelFiles, name => ReadWhole(texts.First(text => text.Name == name)), found);
        ImmutableArray<ModelFile>.Builder all = ImmutableArray.CreateBuilder<ModelFile>();
        all.Add(ModelFile.Of(GraphSpec.FileName, json));
        all.AddRange(texts.Where(text => text != labels));
        ImmutableArray<PushedVariant> members = ReadMembers((folder, spec), files, all, found);
        return found.Count > 0 ? throw Refuse(plan.Graph, found.DrainToImmutable()) : new PushedGraph
        {
            Spec = spec,
            Files = all.DrainToImmutable(),
            Members = members,
            Labels = lines,
        };
    }

    /// <summary>What the manifest says of it: planned from what all variants keep to.</summary>
    /// <exception cref="CliException">It does not fit its models.</exception>
    public GraphRequest Declare(ImmutableArray<PushedVariant> variants, string file)
    {
        ImmutableArray<Finding>.Builder found = ImmutableArray.CreateBuilder<Finding>();
        (ImmutableArray<TensorDeclaration> inputs, ImmutableArray<TensorDeclaration> outputs) =
            VariantAgreement.Of(variants.Select(static variant => variant.Ready), found);
        if (found.Count > 0)
        {
            throw new CliException(found.DrainToImmutable(), ExitCodes.Refused);
        }

        ImmutableArray<GraphMember> members =
        [
            new GraphMember { Name = PackageGraph.OwnMember, Inputs = inputs, Outputs = outputs },
            .. Spec.Models.Zip(Members, static (model, member) => new GraphMember
            {
                Name = model.Name,
                Path = model.File,
                Inputs = member.Ready.Gate.Inputs,
                Outputs = member.Ready.Gate.Outputs,
            }),
        ];
        if (!PackageGraphCheck.TryPlan(Spec, members, Labels, out GraphPlan? plan, out ImmutableArray<Finding> wrong))
        {
            throw Refuse(file, wrong);
        }

        PackageGraph graph = new()
        {
            Path = GraphSpec.FileName, DecodesImages = Spec.DecodesImages, Members = members,
        };
        return new GraphRequest(
            graph,
            PackageGraphCheck.Declare(plan.Signature.Inputs),
            PackageGraphCheck.Declare(plan.Signature.Outputs));
    }

    /// <summary>Loads it around a variant's own model, as a device does.</summary>
    /// <param name="own">The variant's own model; given to the session.</param>
    public IInferenceSession Open(IInferenceSession own)
    {
        Dictionary<string, IInferenceSession> sessions = new(StringComparer.Ordinal) { [GraphSpec.OwnModel] = own };
        try
        {
            foreach ((GraphModelSpec model, PushedVariant member) in Spec.Models.Zip(Members))
            {
                sessions.Add(model.Name, member.Open());
            }

            GraphParts parts = new()
            {
                Models = sessions.ToImmutableDictionary(
                    static pair => pair.Key, static pair => pair.Value.Signature, StringComparer.Ordinal),
                Labels = Labels,
            };
            return GraphPlan.TryMake(Spec, parts, out GraphPlan? plan, out ImmutableArray<Finding> wrong)
                ? new GraphSession(
                    plan,
                    sessions.ToImmutableDictionary(StringComparer.Ordinal),
                    Spec.DecodesImages ? new NativeImages().Decode : null)
                : throw Refuse(GraphSpec.FileName, wrong);
        }
        catch
        {
            foreach (IInferenceSession session in sessions.Values)
            {
                session.Dispose();
            }

            throw;
        }
    }

    /// <summary>
    /// The whole of a small file; what is larger is cut off behind the bound, for a reader to refuse.
    /// </summary>
    internal static byte[] ReadWhole(ModelFile file)
    {
        byte[] whole = new byte[(int)Math.Min(file.Bytes, GraphLimits.LabelsBytesMax + 1)];
        return file.TryFill(0, whole)
            ? whole
            : throw new CliException(CliErrors.File, $"{file.Name} changed while it was read", ExitCodes.Failed);
    }

    private static ImmutableArray<PushedVariant> ReadMembers(
        (string Folder, GraphSpec Spec) graph,
        PushFiles files,
        ImmutableArray<ModelFile>.Builder all,
        ImmutableArray<Finding>.Builder found)
    {
        ImmutableArray<PushedVariant>.Builder members = ImmutableArray.CreateBuilder<PushedVariant>();
        foreach (GraphModelSpec spec in graph.Spec.Models)
        {
            string path = Path.Combine(graph.Folder, spec.File);
            ModelFile model = files.OpenBeside(path, GraphSpec.FileName);
            ImmutableArray<ModelFile> weights = [.. files.Named(path, model)];
            switch (VariantInspector.Inspect(new VariantRequest { Model = model, Siblings = weights }))
            {
                case VariantOutcome.Ready ready when ready.Gate.Format == ModelFormats.OfFile(spec.File):
                    members.Add(new PushedVariant(ready, path) { HasWeightsBeside = !weights.IsEmpty });
                    break;
                case VariantOutcome.Ready ready:
                    found.Add(ModelErrors.GraphMember.At(
                        $"{spec.File} is {ModelFormats.Word(ready.Gate.Format)}, and its name says otherwise.",
                        "models"));
                    break;
                case VariantOutcome.Refused refused:
                    found.AddRange(refused.Findings);
                    break;
                default:
                    throw Core.Check.Unreachable(spec);
            }

            // Two names for one file are one file.
            foreach (ModelFile file in (ModelFile[])[model, .. weights])
            {
                if (all.All(known => known.Name != file.Name))
                {
                    all.Add(file);
                }
            }
        }

        return members.DrainToImmutable();
    }

    private static CliException Refuse(string file, ImmutableArray<Finding> findings) => new(
        [
            .. findings.Select(one => one with
            {
                Message = $"{Path.GetFileName(file)}: "
                    + (one.Field.Length > 0 ? $"{one.Field}: {one.Message}" : one.Message),
            }),
        ],
        ExitCodes.Refused);
}
