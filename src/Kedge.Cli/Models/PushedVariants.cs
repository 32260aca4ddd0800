using System.Collections.Immutable;
using Kedge.Content;
using Kedge.Content.Formats;
using Kedge.Content.Packages;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Core.Models;
using Kedge.Inference.Graphs;

namespace Kedge.Cli.Models;

/// <summary>Looks over all variants of a push, so that everything that is wrong is told at once.</summary>
internal static class PushedVariants
{
    /// <summary>Inspects all of them, with the graph around them where the plan names one.</summary>
    public static ImmutableArray<PushedVariant> Inspect(PushPlan plan, PushFiles files)
    {
        ModelFile? labels = ReadLabels(plan.Labels, files);
        PushedGraph? graph = PushedGraph.Read(plan, labels, files);
        ImmutableArray<ModelFile> shared =
            [.. labels is null ? [] : (ModelFile[])[labels], .. graph is null ? [] : graph.Files.AsEnumerable()];
        List<PushedVariant> variants = [];
        List<Finding> findings = [];
        foreach (VariantSpec spec in plan.Variants)
        {
            ModelFile model = files.Open(spec.File);
            ImmutableArray<ModelFile> weights = [.. files.Named(spec.File, model)];
            VariantRequest request = Request(spec, model, [.. weights, .. spec.Files.Select(files.Open), .. shared]);
            switch (VariantInspector.Inspect(request))
            {
                case VariantOutcome.Ready ready:
                    variants.Add(new PushedVariant(WithMembers(ready, graph), spec.File)
                    {
                        Graph = graph,
                        HasWeightsBeside = !weights.IsEmpty,
                    });
                    break;
                case VariantOutcome.Refused refused:
                    findings.AddRange(refused.Findings);
                    break;
                default:
                    throw Check.Unreachable();
            }
        }

        return findings.Count > 0
            ? throw new CliException([.. findings], ExitCodes.Refused)
            : WithTolerances(variants, plan.Tolerances);
    }

    /// <summary>Labels are read once, so that what was looked at is what is packaged.</summary>
    private static ModelFile? ReadLabels(string path, PushFiles files)
    {
        if (path.Length == 0)
        {
            return null;
        }

        byte[] whole = PushedGraph.ReadWhole(files.Open(path));
        return GraphParts.TryReadLabels(whole, out _, out Finding? fault)
            ? ModelFile.Of(Path.GetFileName(path), whole)
            : throw new CliException(
                [fault with { Message = $"{path}: {fault.Message}" }], ExitCodes.Refused);
    }

    /// <summary>The members take memory too, and what is packaged of them must be what the gate saw.</summary>
    private static VariantOutcome.Ready WithMembers(VariantOutcome.Ready ready, PushedGraph? graph)
    {
        if (graph is null)
        {
            return ready;
        }

        foreach ((GraphModelSpec spec, PushedVariant member) in graph.Spec.Models.Zip(graph.Members))
        {
            if (ready.Variant.Files.First(file => file.Path == spec.File).Digest
                != member.Ready.Variant.Files[0].Digest)
            {
                throw new CliException(
                    [ContentErrors.FileChanged.At($"{spec.File} is not what it was when it was looked at.")],
                    ExitCodes.Refused);
            }
        }

        long members = graph.Members.Sum(static member => member.Ready.Gate.ParameterBytes);
        return ready with { Variant = ready.Variant with { MemoryBytes = ready.Variant.MemoryBytes + members } };
    }

    private static VariantRequest Request(VariantSpec spec, ModelFile model, ImmutableArray<ModelFile> beside) => new()
    {
        Name = spec.Name,
        Model = model,
        Siblings = beside,
        Accelerator = spec.Accelerator,
        Architectures = spec.Architectures,
        IsaFeatures = spec.IsaFeatures,
        Tolerance = spec.Tolerance,
        Costs = spec.Costs,
    };

    private static ImmutableArray<PushedVariant> WithTolerances(
        List<PushedVariant> variants, IReadOnlyDictionary<string, GoldenTolerance> tolerances)
    {
        foreach (string name in tolerances.Keys.Where(name => variants.All(variant => variant.Name != name)))
        {
            throw new CliException(
                CliErrors.Usage,
                $"--tolerance names '{name}', which is no variant"
                + DidYouMean.Sentence(name, variants.Select(static variant => variant.Name)),
                ExitCodes.Usage);
        }

        return [.. variants.Select(variant => tolerances.TryGetValue(variant.Name, out GoldenTolerance? tolerance)
            ? variant with
            {
                Ready = variant.Ready with { Variant = variant.Ready.Variant with { Tolerance = tolerance } },
            }
            : variant)];
    }
}
