using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Core.Fleet;
using Kedge.Core.Models;
using Kedge.Core.Rollouts;

namespace Kedge.Core.Placement;

/// <summary>
/// Says for one deployment and one device whether it runs there and with which variant of each model, and why.
/// <para>Filters: selector, cordon, facts, sandbox, processors, memory; then per model the variants that the device's
/// runtimes, architecture, ISA and accelerators can run, with the graph around them. Score:
/// <see cref="VariantContest"/>; the same input always gives the same answer. It deliberately does not look at load: a
/// fleet must not reshuffle by itself.</para>
/// </summary>
public static class PlacementPlanner
{
    /// <summary>Answers for one deployment on one device.</summary>
    /// <param name="spec">The deployment, packages resolved.</param>
    /// <param name="device">The device.</param>
    /// <param name="packages">Manifests by digest.</param>
    /// <param name="taken">What other deployments request on that device.</param>
    public static PlacementVerdict Place(
        DeploymentSpec spec,
        DeviceSnapshot device,
        IReadOnlyDictionary<Digest, PackageManifest> packages,
        ResourcesTaken taken)
    {
        if (device.Revoked)
        {
            return new PlacementVerdict.NotMatched("the device is revoked");
        }

        if (spec.Selector.FirstMismatch(device.Labels) is string mismatch)
        {
            return new PlacementVerdict.NotMatched(mismatch);
        }

        bool runsHere = device.Desired.Any(w => w.Deployment == spec.Id);
        if (device.Facts is null)
        {
            Finding noFacts = PlacementErrors.NoFacts.At($"{device.Id} has not reported yet");
            return new PlacementVerdict.Refused([noFacts], runsHere);
        }

        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        CheckDevice(spec, device, device.Facts, runsHere, taken, findings);
        ImmutableArray<VariantChoice>.Builder choices = ImmutableArray.CreateBuilder<VariantChoice>();
        ImmutableArray<string>.Builder reasons = ImmutableArray.CreateBuilder<string>();
        foreach (ModelChoice model in spec.Served)
        {
            Choose(spec, model, device.Facts, packages, choices, reasons, findings);
        }

        return findings.Count == 0
            ? new PlacementVerdict.Chosen(choices.ToImmutable(), reasons.ToImmutable())
            : new PlacementVerdict.Refused(findings.ToImmutable(), runsHere);
    }

    private static void CheckDevice(
        DeploymentSpec spec,
        DeviceSnapshot device,
        DeviceFacts facts,
        bool runsHere,
        ResourcesTaken taken,
        ImmutableArray<Finding>.Builder findings)
    {
        if (device.Cordoned && !runsHere)
        {
            findings.Add(PlacementErrors.Cordoned.At($"{device.Id} is cordoned"));
        }

        bool mayRunBare = spec.Sandbox == SandboxRule.None && facts.AllowsNoSandbox;
        if (facts.Sandbox.Length == 0 && !mayRunBare)
        {
            findings.Add(PlacementErrors.NoSandbox.At($"{device.Id} has no working OCI runtime"));
        }

        long memoryFree = facts.MemoryBytes - taken.MemoryBytes;
        if (spec.Resources.MemoryRequestBytes > memoryFree)
        {
            findings.Add(PlacementErrors.NotEnoughMemory.At(
                $"{Size(spec.Resources.MemoryRequestBytes)} are requested, {Size(memoryFree)} of "
                + $"{Size(facts.MemoryBytes)} are not spoken for",
                "spec.resources.requests.memory"));
        }

        int cpuFreeMilli = (facts.Cpus.Length * 1000) - taken.CpuMilli;
        if (spec.Resources.CpuRequestMilli > cpuFreeMilli)
        {
            findings.Add(PlacementErrors.NotEnoughCpu.At(
                $"{spec.Resources.CpuRequestMilli}m are requested, {cpuFreeMilli}m of "
                + $"{facts.Cpus.Length * 1000}m are not spoken for",
                "spec.resources.requests.cpu"));
        }

        if (CpuList.TryParse(spec.CpuSet, out ImmutableSortedSet<int> asked)
            && asked.Where(c => facts.Cpus.All(f => f.Index != c)).Select(c => (int?)c).FirstOrDefault() is int missing)
        {
            findings.Add(PlacementErrors.NotEnoughCpu.At(
                $"cpuSet {spec.CpuSet} names processor {missing}, the device has {facts.Cpus.Length}", "spec.cpuSet"));
        }
    }

    private static void Choose(
        DeploymentSpec spec,
        ModelChoice model,
        DeviceFacts facts,
        IReadOnlyDictionary<Digest, PackageManifest> packages,
        ImmutableArray<VariantChoice>.Builder choices,
        ImmutableArray<string>.Builder reasons,
        ImmutableArray<Finding>.Builder findings)
    {
        if (!packages.TryGetValue(model.Digest, out PackageManifest? package))
        {
            findings.Add(PlacementErrors.NoPackage.At($"{model.Package} is not in the registry"));
            return;
        }

        string hardware = HardwareClass.Of(facts);
        List<string> against = [];
        List<ModelVariant> possible = [];
        foreach (ModelVariant variant in package.Variants)
        {
            if ((Against(spec, variant, facts) ?? Against(package.Graph, facts)) is string reason)
            {
                against.Add($"{variant.Name}: {reason}");
            }
            else
            {
                possible.Add(variant);
            }
        }

        if (possible.Count == 0)
        {
            findings.Add(PlacementErrors.NoVariant.At(
                $"no variant of {model.Package} fits: {string.Join("; ", against)}", "spec.models"));
            return;
        }

        (ModelVariant best, string why) = VariantContest.Best(spec.Accelerators, possible, hardware);
        choices.Add(new VariantChoice(model.Name, best.Name, best.Accelerator, best.MemoryOn(hardware)));
        string key = WorkloadModel.KeyOf(model.Name, model.Version);
        reasons.Add($"{key}: {why}");
        reasons.AddRange(against.Select(a => $"{key}: not {a}"));
    }

    private static string? Against(DeploymentSpec spec, ModelVariant variant, DeviceFacts facts)
    {
        if (!Runs(variant.Format, facts))
        {
            return $"the device has no runtime for {ModelFormats.Word(variant.Format)}, {Served(facts)}";
        }

        if (variant.Architectures.Length > 0 && !variant.Architectures.Contains(facts.Architecture))
        {
            return $"it is for {string.Join(", ", variant.Architectures)}, the device is {facts.Architecture}";
        }

        if (variant.IsaFeatures.FirstOrDefault(f => !facts.IsaFeatures.Contains(f)) is string feature)
        {
            return $"the processor lacks {feature}";
        }

        if (!spec.Accelerators.Contains(variant.Accelerator))
        {
            return $"it runs on {variant.Accelerator}, which the deployment does not list";
        }

        if (variant.Accelerator != AcceleratorKind.Cpu && facts.Accelerators.All(a => a.Kind != variant.Accelerator))
        {
            return $"the device has no {variant.Accelerator}";
        }

        long memoryBytes = variant.MemoryOn(HardwareClass.Of(facts));
        return spec.Resources.MemoryLimitBytes > 0 && memoryBytes > spec.Resources.MemoryLimitBytes
            ? $"it needs {Size(memoryBytes)}, the limit is {Size(spec.Resources.MemoryLimitBytes)}"
            : null;
    }

    /// <summary>
    /// A graph goes with every variant, and needs a runtime for each model that it runs beside the variant's own.
    /// </summary>
    private static string? Against(PackageGraph? graph, DeviceFacts facts)
    {
        if (graph is { DecodesImages: true } && facts.ImageDecoding == DeviceFacts.ImagesOff)
        {
            return "its graph decodes images, and the device has no libraries for that";
        }

        return graph?.Members
            .Where(member => member.Path.Length > 0 && !Runs(ModelFormats.OfFile(member.Path), facts))
            .Select(member => $"its graph runs {member.Path}, "
                + $"and the device has no runtime for {ModelFormats.Word(ModelFormats.OfFile(member.Path))}")
            .FirstOrDefault();
    }

    private static bool Runs(ModelFormat format, DeviceFacts facts) => facts.Runtimes.Any(r => r.Format == format);

    private static string Served(DeviceFacts facts) => facts.Runtimes.IsEmpty
        ? "nor any other"
        : $"only for {string.Join(", ", facts.Runtimes.Select(static r => ModelFormats.Word(r.Format)).Distinct())}";

    private static string Size(long bytes) => bytes < Limits.MiB
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(bytes, 0) / (double)Limits.KiB:0.#} KiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)Limits.MiB:0.#} MiB");
}
