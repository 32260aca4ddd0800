using Kedge.ControlPlane.Manifests;
using Kedge.Core.Manifests;
using Kedge.Core.Models;

namespace Kedge.ControlPlane.Tests.Manifests;

public sealed class PackageFileTests
{
    [Fact]
    public void The_example_says_what_its_table_describes()
    {
        PackageSpec spec = Assert.IsType<PackageSpecOutcome.Valid>(Read(PackageFields.Kind.Example)).Spec;
        Assert.Equal(("bearing", "golden.json", ""), (spec.Name, spec.Golden, spec.Reference));
        Assert.Equal(["source.commit=0123abc"], spec.Provenance.AsEnumerable());
        Assert.Equal(["onnx-fp32", "onnx-int8", "tflite-int8"], spec.Variants.Select(static v => v.Name));
        VariantSpec int8 = spec.Variants[1];
        Assert.Equal(
            new GoldenTolerance { Absolute = 0.02, Relative = 0.05, MinimumAgreement = 0.99 }, int8.Tolerance);
        Assert.Equal(
            new VariantCost { Hardware = "x64-avx512vnni", LatencyUs = 290, MemoryBytes = 44 << 20 },
            Assert.Single(int8.Costs));
        Assert.Equal("labels.txt", Assert.Single(spec.Variants[2].Files));
        Assert.Equal("arm64", Assert.Single(spec.Variants[2].Architectures));
        Assert.Null(spec.Variants[2].Tolerance);
        Assert.Equal(AcceleratorKind.Cpu, spec.Variants[2].Accelerator);
    }

    [Fact]
    public void What_a_tolerance_leaves_out_is_as_strict_as_samples_that_say_nothing()
    {
        PackageSpec spec = Assert.IsType<PackageSpecOutcome.Valid>(Read("""
            apiVersion: kedge.dev/v1
            kind: Package
            metadata: {name: a}
            spec:
              variants:
              - {file: m.onnx, accelerator: npu, tolerance: {relative: 1e-2}}
            """)).Spec;
        Assert.Equal(
            new GoldenTolerance { Absolute = 1e-5, Relative = 1e-2, MinimumAgreement = 1 }, spec.Variants[0].Tolerance);
        Assert.Equal(AcceleratorKind.Npu, spec.Variants[0].Accelerator);
    }

    [Theory]
    [InlineData("")]
    [InlineData("- a")]
    [InlineData("kind: Package\n---\nkind: Package")]
    [InlineData("apiVersion: kedge.dev/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {variants: [{file: m}]}")]
    [InlineData("apiVersion: kedge.dev/v1\nkind: Package\nmetadata: {name: a}\nspec: {variants: []}")]
    [InlineData("apiVersion: kedge.dev/v1\nkind: Package\nmetadata: {name: a}")]
    public void What_is_no_package_file_is_refused(string text) =>
        Assert.NotEmpty(Assert.IsType<PackageSpecOutcome.Invalid>(Read(text)).Findings);

    [Theory]
    [InlineData("0", true, 0)]
    [InlineData("0.02", true, 0.02)]
    [InlineData("1e-5", true, 1e-5)]
    [InlineData("1E+3", true, 1000)]
    [InlineData("-1", false, 0)]
    [InlineData("1e999", false, 0)]
    [InlineData("NaN", false, 0)]
    [InlineData("1,5", false, 0)]
    [InlineData(" 1", false, 0)]
    [InlineData("", false, 0)]
    public void Numbers_with_a_fraction_are_read(string text, bool valid, double number)
    {
        Assert.Equal(valid, Quantity.TryParseDecimal(text, out double read));
        Assert.True(!valid || read == number);
    }

    private static PackageSpecOutcome Read(string text) => ManifestYaml.Read(text) switch
    {
        ManifestTextOutcome.Read read => PackageSpecReader.Read(read.Documents),
        ManifestTextOutcome.Invalid(var findings) => new PackageSpecOutcome.Invalid(findings),
        _ => throw new InvalidOperationException(),
    };
}
