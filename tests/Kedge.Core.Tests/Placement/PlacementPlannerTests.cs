using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Errors;
using Kedge.Core.Fleet;
using Kedge.Core.Models;
using Kedge.Core.Placement;
using static Kedge.Tests.Support.Fleets;

namespace Kedge.Core.Tests.Placement;

public sealed class PlacementPlannerTests
{
    private static readonly DeploymentSpec Asked = Deployment("bearing", "bearing:v1");

    [Fact]
    public void A_variant_for_another_architecture_runs_nowhere_else()
    {
        ModelVariant arm = Variant("arm") with { Architectures = ["arm64"] };
        Assert.Equal(
            "no variant of bearing:v1 fits: arm: it is for arm64, the device is x64",
            Refusal(PlacementErrors.NoVariant, Place(Asked, Facts(), arm)).Message);
        Assert.Equal("arm", Chosen(Place(Asked, Facts() with { Architecture = "arm64" }, arm)).Variant);
    }

    [Fact]
    public void A_variant_asks_for_instructions_that_the_processor_must_have()
    {
        ModelVariant wide = Variant("wide") with { IsaFeatures = ["avx2", "avx512f"] };
        Assert.Contains(
            "wide: the processor lacks avx512f",
            Refusal(PlacementErrors.NoVariant, Place(Asked, Facts(), wide)).Message, StringComparison.Ordinal);
        Assert.Equal("wide", Chosen(Place(Asked, Facts() with { IsaFeatures = ["avx2", "avx512f"] }, wide)).Variant);
    }

    [Fact]
    public void A_format_needs_a_runtime()
    {
        ModelVariant lite = Variant("lite") with { Format = ModelFormat.TfLite };
        Assert.Contains(
            "lite: the device has no runtime for tflite, only for onnx",
            Refusal(PlacementErrors.NoVariant, Place(Asked, Facts(), lite)).Message, StringComparison.Ordinal);
        DeviceFacts both = Facts() with { Runtimes = [.. Facts().Runtimes, new RuntimeFacts(ModelFormat.TfLite, "2")] };
        Assert.Equal("lite", Chosen(Place(Asked, both, lite)).Variant);
    }

    [Fact]
    public void A_graph_that_decodes_images_goes_where_they_can_be_decoded_or_nobody_says()
    {
        PackageManifest images = Package("bearing", Variant("a"), Variant("b")) with
        {
            Graph = Graph() with { DecodesImages = true },
        };
        Assert.Equal(
            "no variant of bearing:v1 fits: a: its graph decodes images, and the device has no libraries for that; "
            + "b: its graph decodes images, and the device has no libraries for that",
            Refusal(
                PlacementErrors.NoVariant,
                Place(images, Facts() with { ImageDecoding = DeviceFacts.ImagesOff })).Message);
        Assert.Equal("a", Chosen(Place(images, Facts() with { ImageDecoding = DeviceFacts.ImagesOn })).Variant);
        Assert.Equal("a", Chosen(Place(images, Facts())).Variant);
        Assert.Equal(
            "a",
            Chosen(Place(
                images with { Graph = Graph() }, Facts() with { ImageDecoding = DeviceFacts.ImagesOff })).Variant);
    }

    [Fact]
    public void A_graph_needs_a_runtime_for_every_model_that_it_runs()
    {
        PackageManifest ensemble = Package("bearing", Variant("a")) with
        {
            Graph = Graph(new GraphMember { Name = "second", Path = "second.tflite", Inputs = [], Outputs = [] }),
        };
        Assert.Equal(
            "no variant of bearing:v1 fits: a: its graph runs second.tflite, and the device has no runtime for tflite",
            Refusal(PlacementErrors.NoVariant, Place(ensemble, Facts())).Message);
        DeviceFacts both = Facts() with { Runtimes = [.. Facts().Runtimes, new RuntimeFacts(ModelFormat.TfLite, "2")] };
        Assert.Equal("a", Chosen(Place(ensemble, both)).Variant);
    }

    [Fact]
    public void A_variant_that_the_device_can_run_is_taken_before_a_better_one_that_it_cannot()
    {
        ModelVariant lite = Variant("lite") with { Format = ModelFormat.TfLite, MemoryBytes = 1 };
        PlacementVerdict verdict = Place(Asked, Facts(), lite, Variant("onnx"));
        Assert.Equal("onnx", Chosen(verdict).Variant);
        Assert.Contains(
            "m: not lite: the device has no runtime for tflite, only for onnx",
            Assert.IsType<PlacementVerdict.Chosen>(verdict).Reasons);
        DeviceFacts both = Facts() with { Runtimes = [.. Facts().Runtimes, new RuntimeFacts(ModelFormat.TfLite, "2")] };
        Assert.Equal("lite", Chosen(Place(Asked, both, lite, Variant("onnx"))).Variant);
    }

    [Fact]
    public void Accelerators_are_taken_in_the_order_that_was_asked_for()
    {
        DeploymentSpec preferring = Asked with { Accelerators = [AcceleratorKind.Npu, AcceleratorKind.Cpu] };
        ModelVariant[] variants =
            [Variant("cpu"), Variant("npu", AcceleratorKind.Npu), Variant("gpu", AcceleratorKind.Gpu)];
        DeviceFacts all =
            Facts() with { Accelerators = [Accelerator(AcceleratorKind.Npu), Accelerator(AcceleratorKind.Gpu)] };
        PlacementVerdict verdict = Place(preferring, all, variants);
        Assert.Equal("npu", Chosen(verdict).Variant);
        Assert.Contains(
            "m: not gpu: it runs on Gpu, which the deployment does not list",
            Assert.IsType<PlacementVerdict.Chosen>(verdict).Reasons);
        verdict = Place(preferring, Facts(), variants);
        Assert.Equal("cpu", Chosen(verdict).Variant);
        Assert.Contains("m: not npu: the device has no Npu", Assert.IsType<PlacementVerdict.Chosen>(verdict).Reasons);
    }

    [Fact]
    public void Of_equals_the_one_that_uses_more_of_the_processor_wins_then_the_smaller_then_the_name()
    {
        ModelVariant plain = Variant("plain");
        ModelVariant wide = Variant("wide") with { IsaFeatures = ["avx2"], MemoryBytes = 90 * Limits.MiB };
        ModelVariant small = Variant("small") with { MemoryBytes = Limits.MiB };
        ModelVariant twin = Variant("a-twin") with { MemoryBytes = Limits.MiB };
        Assert.Equal("wide", Chosen(Place(Asked, Facts(), plain, wide, small)).Variant);
        Assert.Equal("small", Chosen(Place(Asked, Facts(), plain, small)).Variant);
        Assert.Equal("a-twin", Chosen(Place(Asked, Facts(), small, twin)).Variant);
        Assert.Equal("a-twin", Chosen(Place(Asked, Facts(), twin, small)).Variant);
    }

    [Fact]
    public void Of_variants_that_were_all_measured_on_such_hardware_the_one_that_answers_sooner_wins()
    {
        ModelVariant fp32 = Variant("fp32") with { Costs = [Cost("x64-avx2", 1_031), Cost("x64-avx512vnni", 700)] };
        ModelVariant int8 = Variant("int8") with { Costs = [Cost("x64-avx2", 1_400), Cost("x64-avx512vnni", 290)] };
        PlacementVerdict verdict = Place(Asked, Facts(), fp32, int8);
        Assert.Equal("fp32", Chosen(verdict).Variant);
        Assert.Contains(
            "m: fp32 is the best of 2 variants that fit: it answers in 1031 us on x64-avx2, int8 in 1400 us",
            Assert.IsType<PlacementVerdict.Chosen>(verdict).Reasons);
        DeviceFacts newer = Facts() with { IsaFeatures = ["avx2", "avx512_vnni"] };
        Assert.Equal("int8", Chosen(Place(Asked, newer, fp32, int8)).Variant);
    }

    [Fact]
    public void Figures_of_other_hardware_or_of_some_variants_only_do_not_count()
    {
        ModelVariant fast = Variant("fast") with { Costs = [Cost("x64-avx2", 10)], MemoryBytes = 20 * Limits.MiB };
        ModelVariant small = Variant("small") with { MemoryBytes = Limits.MiB };
        PlacementVerdict verdict = Place(Asked, Facts(), fast, small);
        Assert.Equal("small", Chosen(verdict).Variant);
        Assert.Contains(
            "m: small is the best of 2 variants that fit; small was not measured on x64-avx2, so that figures do not "
            + "count",
            Assert.IsType<PlacementVerdict.Chosen>(verdict).Reasons);
        ModelVariant elsewhere = small with { Costs = [Cost("arm64-dotprod", 900)] };
        Assert.Equal("small", Chosen(Place(Asked, Facts(), fast, elsewhere)).Variant);
    }

    [Fact]
    public void Accelerators_come_before_figures()
    {
        DeploymentSpec preferring = Asked with { Accelerators = [AcceleratorKind.Npu, AcceleratorKind.Cpu] };
        DeviceFacts facts = Facts() with { Accelerators = [Accelerator(AcceleratorKind.Npu)] };
        ModelVariant npu = Variant("npu", AcceleratorKind.Npu) with { Costs = [Cost("x64-avx2", 5_000)] };
        ModelVariant cpu = Variant("cpu") with { Costs = [Cost("x64-avx2", 1)] };
        Assert.Equal("npu", Chosen(Place(preferring, facts, npu, cpu)).Variant);
    }

    [Fact]
    public void The_larger_of_estimated_and_measured_memory_counts()
    {
        DeploymentSpec tight = Asked with { Resources = new ResourceSpec { MemoryLimitBytes = 15 * Limits.MiB } };
        ModelVariant measured = Variant("v") with
        {
            Costs = [Cost("x64-avx2", 1) with { MemoryBytes = 16 * Limits.MiB }],
        };
        Assert.Equal(
            "no variant of bearing:v1 fits: v: it needs 16 MiB, the limit is 15 MiB",
            Refusal(PlacementErrors.NoVariant, Place(tight, Facts(), measured)).Message);
        DeviceFacts other = Facts() with { Architecture = "arm64", IsaFeatures = [] };
        Assert.Equal(10 * Limits.MiB, Chosen(Place(tight, other, measured)).MemoryBytes);
    }

    [Fact]
    public void A_variant_fits_under_the_limit_or_is_not_taken()
    {
        DeploymentSpec tight = Asked with { Resources = new ResourceSpec { MemoryLimitBytes = 5 * Limits.MiB } };
        Assert.Equal(
            "no variant of bearing:v1 fits: large: it needs 10 MiB, the limit is 5 MiB",
            Refusal(PlacementErrors.NoVariant, Place(tight, Facts(), Variant("large"))).Message);
        Assert.Equal(
            "small", Chosen(
                Place(tight, Facts(), Variant("large"), Variant("small") with { MemoryBytes = 1 })).Variant);
    }

    [Fact]
    public void Processors_and_memory_that_others_request_are_spoken_for()
    {
        DeploymentSpec half = Asked with { Resources = new ResourceSpec { CpuRequestMilli = 1500 } };
        Assert.IsType<PlacementVerdict.Chosen>(Place(half, Facts(cpus: 2), Variant("v")));
        Finding cpu = Refusal(
            PlacementErrors.NotEnoughCpu,
            Place(half, Facts(cpus: 2), new ResourcesTaken(0, 600), Variant("v")));
        Assert.Equal("1500m are requested, 1400m of 2000m are not spoken for", cpu.Message);

        DeploymentSpec large = Asked with { Resources = new ResourceSpec { MemoryRequestBytes = 600 * Limits.MiB } };
        Assert.IsType<PlacementVerdict.Chosen>(Place(large, Facts(memoryMiB: 1024), Variant("v")));
        _ = Refusal(
            PlacementErrors.NotEnoughMemory,
            Place(large, Facts(memoryMiB: 1024), new ResourcesTaken(500 * Limits.MiB, 0), Variant("v")));
    }

    [Fact]
    public void Processors_by_number_must_be_there()
    {
        Finding missing = Refusal(
            PlacementErrors.NotEnoughCpu, Place(Asked with { CpuSet = "0-1,3" }, Facts(cpus: 2), Variant("v")));
        Assert.Equal("cpuSet 0-1,3 names processor 3, the device has 2", missing.Message);
        Assert.IsType<PlacementVerdict.Chosen>(Place(Asked with { CpuSet = "1" }, Facts(cpus: 2), Variant("v")));
    }

    [Theory]
    [InlineData(SandboxRule.Required, false, false)]
    [InlineData(SandboxRule.Required, true, false)]
    [InlineData(SandboxRule.None, false, false)]
    [InlineData(SandboxRule.None, true, true)]
    public void Without_a_sandbox_it_runs_only_where_both_sides_allow_it(SandboxRule rule, bool deviceAllows, bool runs)
    {
        DeviceFacts bare = Facts() with { Sandbox = "", AllowsNoSandbox = deviceAllows };
        PlacementVerdict verdict = Place(Asked with { Sandbox = rule }, bare, Variant("v"));
        Assert.Equal(runs, verdict is PlacementVerdict.Chosen);
        if (!runs)
        {
            _ = Refusal(PlacementErrors.NoSandbox, verdict);
        }
    }

    [Fact]
    public void What_nobody_knows_of_is_said()
    {
        _ = Refusal(PlacementErrors.NoFacts, Place(Asked, null, Variant("v")));
        _ = Refusal(
            PlacementErrors.NoPackage,
            PlacementPlanner.Place(Asked, ADevice("a"), ImmutableDictionary<Digest, PackageManifest>.Empty, default));
        Assert.Equal(
            new PlacementVerdict.NotMatched("the device is revoked"),
            PlacementPlanner.Place(Asked, ADevice("a") with { Revoked = true }, Held(Variant("v")), default));
    }

    [Theory]
    [InlineData(SelectorOperator.In, "lyon turin", "lyon", true)]
    [InlineData(SelectorOperator.In, "lyon turin", "graz", false)]
    [InlineData(SelectorOperator.In, "lyon turin", null, false)]
    [InlineData(SelectorOperator.NotIn, "lyon turin", "lyon", false)]
    [InlineData(SelectorOperator.NotIn, "lyon turin", "graz", true)]
    [InlineData(SelectorOperator.NotIn, "lyon turin", null, true)]
    [InlineData(SelectorOperator.Exists, "", "graz", true)]
    [InlineData(SelectorOperator.Exists, "", null, false)]
    [InlineData(SelectorOperator.DoesNotExist, "", "graz", false)]
    [InlineData(SelectorOperator.DoesNotExist, "", null, true)]
    public void Expressions_match_as_those_of_kubernetes(
        SelectorOperator compare, string values, string? site, bool matches)
    {
        LabelSelector selector = new()
        {
            MatchExpressions =
            [
                new SelectorExpression(
                    "site", compare, [.. values.Split(' ', StringSplitOptions.RemoveEmptyEntries)]),
            ],
        };
        ImmutableSortedDictionary<string, string> labels =
            site is null ? LabelRules.None : LabelRules.None.SetItem("site", site);
        Assert.Equal(matches, selector.FirstMismatch(labels) is null);
        Assert.False(selector.IsEmpty);
    }

    private static PlacementVerdict Place(DeploymentSpec spec, DeviceFacts? facts, params ModelVariant[] variants) =>
        Place(spec, facts, default, variants);

    private static PlacementVerdict Place(
        DeploymentSpec spec, DeviceFacts? facts, ResourcesTaken taken, params ModelVariant[] variants) =>
        PlacementPlanner.Place(spec, ADevice("a") with { Facts = facts }, Held(variants), taken);

    private static PlacementVerdict Place(PackageManifest package, DeviceFacts facts) => PlacementPlanner.Place(
        Asked,
        ADevice("a") with { Facts = facts },
        new Dictionary<Digest, PackageManifest> { [PackageDigest("bearing:v1")] = package },
        default);

    private static PackageGraph Graph(params GraphMember[] others) => new()
    {
        Path = "graph.json",
        DecodesImages = false,
        Members = [new GraphMember { Name = PackageGraph.OwnMember, Inputs = [], Outputs = [] }, .. others],
    };

    private static Dictionary<Digest, PackageManifest> Held(params ModelVariant[] variants) =>
        new() { [PackageDigest("bearing:v1")] = Package("bearing", variants) };

    private static VariantChoice Chosen(PlacementVerdict verdict) =>
        Assert.Single(Assert.IsType<PlacementVerdict.Chosen>(verdict).Variants);

    private static Finding Refusal(ErrorCode code, PlacementVerdict verdict)
    {
        Finding finding = Assert.Single(Assert.IsType<PlacementVerdict.Refused>(verdict).Findings);
        Assert.Equal(code.Code, finding.Code);
        return finding;
    }

    private static VariantCost Cost(string hardware, long latencyUs) =>
        new() { Hardware = hardware, LatencyUs = latencyUs };

    private static AcceleratorFacts Accelerator(AcceleratorKind kind) => new(kind, "", "", "", 0);
}
