using System.Collections.Immutable;
using Kedge.Content.Formats;
using Kedge.Content.Packages;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Core.Models;

namespace Kedge.Cli.Models;

/// <summary>Looks over all variants of a push, so that everything that is wrong is told at once.</summary>
internal static class PushedVariants
{
    public static ImmutableArray<PushedVariant> Inspect(PushPlan plan, PushFiles files)
    {
        List<PushedVariant> variants = [];
        List<Finding> findings = [];
        foreach (VariantSpec spec in plan.Variants)
        {
            switch (VariantInspector.Inspect(Request(spec, files)))
            {
                case VariantOutcome.Ready ready:
                    variants.Add(new PushedVariant(ready, spec.File));
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

    private static VariantRequest Request(VariantSpec spec, PushFiles files)
    {
        ModelFile model = files.Open(spec.File);
        return new VariantRequest
        {
            Name = spec.Name,
            Model = model,
            Siblings = [.. files.Named(spec.File, model), .. spec.Files.Select(files.Open)],
            Accelerator = spec.Accelerator,
            Architectures = spec.Architectures,
            IsaFeatures = spec.IsaFeatures,
            Tolerance = spec.Tolerance,
            Costs = spec.Costs,
        };
    }

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
