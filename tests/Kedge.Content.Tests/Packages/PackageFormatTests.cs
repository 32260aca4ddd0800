using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Kedge.Content.Packages;
using Kedge.Content.Tests.Support;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Tests.Packages;

public sealed class PackageFormatTests
{
    [Fact]
    public void A_manifest_read_and_written_again_is_the_same_bytes()
    {
        byte[] json = [.. SamplePackages.Built.Payload];
        Assert.True(PackageFormat.TryRead(json, out PackageManifest? manifest, out ImmutableArray<Finding> findings));
        Assert.Empty(findings);
        Assert.NotNull(manifest);
        Assert.Equal(json, PackageFormat.Write(manifest));
        Assert.Equal("été", manifest.Provenance["note"]);
        Assert.Equal(GoldenSource.Author, manifest.Golden?.Source);
        Assert.Equal("onnx-fp32", manifest.Variants[0].Name);
    }

    [Fact]
    public void A_built_package_names_all_its_bytes_by_digest()
    {
        BuildOutcome.Built built = SamplePackages.Built;
        Assert.Equal(Digest.Of(built.Payload.AsSpan()), built.Identity.Digest);
        Assert.All(built.Chunks, static one => Assert.Null(one.Read(new byte[one.Chunk.Bytes])));
        HashSet<Digest> given = [.. built.Chunks.Select(static one => one.Chunk.Digest)];
        Assert.All(
            built.Manifest.AllFiles().SelectMany(static file => file.Chunks),
            chunk => Assert.Contains(chunk.Digest, given));
    }

    [Fact]
    public void A_request_with_a_bad_name_is_refused_with_the_manifests_findings()
    {
        BuildOutcome outcome = PackageBuilder.Build(SamplePackages.Request with { Name = "Not A Name" });
        Assert.Equal(ModelErrors.Name.Code, Assert.Single(Assert.IsType<BuildOutcome.Refused>(outcome).Findings).Code);
    }

    [Fact]
    public void Costs_and_tolerance_of_a_variant_are_kept_and_left_out_where_there_are_none()
    {
        PackageManifest plain = SamplePackages.Manifest;
        Assert.DoesNotContain("costs", Encoding.UTF8.GetString(PackageFormat.Write(plain)), StringComparison.Ordinal);
        ModelVariant measured = plain.Variants[0] with
        {
            Name = "onnx-int8",
            Costs =
            [
                new VariantCost { Hardware = "x64-avx2", LatencyUs = 412, MemoryBytes = 44_040_192 },
                new VariantCost { Hardware = "arm64-dotprod", LatencyUs = 2_150 },
            ],
            Tolerance = new GoldenTolerance { Absolute = 1e-5, Relative = 0.1, MinimumAgreement = 0.995 },
        };
        byte[] json = PackageFormat.Write(plain with { Variants = [plain.Variants[0], measured] });
        Assert.Contains(
            """
            "costs":[{"hardware":"x64-avx2","latencyUs":412,"memoryBytes":44040192},
            """
            + """
            {"hardware":"arm64-dotprod","latencyUs":2150,"memoryBytes":0}],
            """
            + """
            "tolerance":{"absolute":1E-05,"relative":0.1,"minimumAgreement":0.995}}
            """,
            Encoding.UTF8.GetString(json), StringComparison.Ordinal);
        Assert.True(PackageFormat.TryRead(json, out PackageManifest? read, out _));
        Assert.NotNull(read);
        Assert.Null(read.Variants[0].Tolerance);
        Assert.Equal(measured.Tolerance, read.Variants[1].Tolerance);
        Assert.Equal(measured.Costs.AsEnumerable(), read.Variants[1].Costs.AsEnumerable());
        Assert.Equal(json, PackageFormat.Write(read));
        Assert.Equal(44_040_192, read.Variants[1].CostOn("x64-avx2")?.MemoryBytes);
    }

    [Fact]
    public void A_graph_and_labels_are_kept_and_a_reader_that_knows_no_graphs_must_refuse()
    {
        PackageManifest plain = SamplePackages.Manifest;
        Assert.DoesNotContain(
            "critical", Encoding.UTF8.GetString(PackageFormat.Write(plain)), StringComparison.Ordinal);
        PackageManifest graph = PackagedGraphs.Around(plain);
        byte[] json = PackageFormat.Write(graph);
        string text = Encoding.UTF8.GetString(json);
        Assert.StartsWith("""{"schema":1,"critical":["graph"],"name":""", text, StringComparison.Ordinal);
        Assert.Contains(
            """
            "labels":"labels.txt","graph":{"path":"graph.json","mediaType":"application/vnd.kedge.graph.v1\u002Bjson",
            """
            + """
            "decodesImages":true,"members":[{"name":"model","inputs":
            """,
            text,
            StringComparison.Ordinal);
        Assert.True(PackageFormat.TryRead(json, out PackageManifest? read, out _));
        Assert.Equal("second.tflite", read?.Graph?.Members[1].Path);
        Assert.Equal(json, PackageFormat.Write(read!)); // TryRead gives one when it answers true.

        // The same with a field of a later version in place of one of ours is what an older reader sees.
        JsonNode later = JsonNode.Parse(text.Replace("graph\"", "later\"", StringComparison.Ordinal))!;
        Assert.False(PackageFormat.TryRead(Bytes(later), out _, out ImmutableArray<Finding> findings));
        Assert.Equal(ContentErrors.Critical.Code, Assert.Single(findings).Code);
    }

    [Theory]
    [InlineData("""{"absolute":0.1}""", false)]
    [InlineData("""{"absolute":0.1,"relative":1e999}""", false)]
    [InlineData("""{"absolute":0.1,"relative":"0"}""", false)]
    [InlineData("""{"absolute":0,"relative":0,"later":[1]}""", true)]
    [InlineData("null", true)]
    public void A_tolerance_that_is_half_a_tolerance_is_refused(string tolerance, bool valid)
    {
        JsonNode root = Parsed();
        root["variants"]![0]!["tolerance"] = JsonNode.Parse(tolerance);
        Assert.Equal(valid, PackageFormat.TryRead(Bytes(root), out _, out _));
    }

    [Fact]
    public void Unknown_fields_are_skipped_wherever_they_stand()
    {
        JsonNode root = Parsed();
        root["later"] = new JsonObject { ["deep"] = new JsonArray(1, "two", new JsonObject()) };
        root["variants"]![0]!["later"] = true;
        root["variants"]![0]!["files"]![0]!["chunks"]![0]!["later"] = 1.5;
        Assert.True(PackageFormat.TryRead(Bytes(root), out _, out _));
    }

    [Fact]
    public void Unknown_critical_fields_are_refused_and_known_ones_are_not()
    {
        JsonNode root = Parsed();
        root["critical"] = new JsonArray("golden", "sandbox");
        Assert.False(
            PackageFormat.TryRead(Bytes(root), out PackageManifest? manifest, out ImmutableArray<Finding> findings));
        Assert.Null(manifest);
        Finding finding = Assert.Single(findings);
        Assert.Equal(ContentErrors.Critical.Code, finding.Code);
        Assert.Contains("sandbox", finding.Message, StringComparison.Ordinal);
        root["critical"] = new JsonArray("golden", "variants");
        Assert.True(PackageFormat.TryRead(Bytes(root), out _, out _));
    }

    [Fact]
    public void Every_mistake_is_found_not_the_first()
    {
        JsonNode root = Parsed();
        root["schema"] = 2;
        root["name"] = "UPPER";
        root["createdAtMs"] = -5;
        root["outputs"] = new JsonArray();
        root["inputs"]![0]!["datatype"] = "FLOAT";
        JsonNode variant = root["variants"]![0]!;
        variant["format"] = "pickle";
        variant["accelerator"] = "abacus";
        variant["entryFile"] = "other.onnx";
        variant["files"]![0]!["path"] = "../../etc/passwd";
        variant["files"]![0]!["bytes"] = 1;
        variant["files"]![0]!["digest"] = "md5:0";
        root["golden"]!["sampleCount"] = 0;
        Assert.False(PackageFormat.TryRead(Bytes(root), out _, out ImmutableArray<Finding> findings));
        string[] codes = [.. findings.Select(static finding => finding.Code).Order(StringComparer.Ordinal).Distinct()];
        Assert.Equal(
            [
                "KEDGE-MODEL-001", "KEDGE-MODEL-002", "KEDGE-MODEL-003", "KEDGE-MODEL-004", "KEDGE-MODEL-007",
                "KEDGE-MODEL-008", "KEDGE-MODEL-009", "KEDGE-MODEL-010", "KEDGE-MODEL-011", "KEDGE-MODEL-013",
            ],
            codes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}}")]
    [InlineData("""{"schema":1.5}""")]
    [InlineData("""{"schema":"1"}""")]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"name":["a"]}""")]
    [InlineData("""{"variants":{}}""")]
    [InlineData("""{"a":[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]}""")]
    public void What_is_not_a_manifest_is_refused_as_such(string json)
    {
        Assert.False(PackageFormat.TryRead(Encoding.UTF8.GetBytes(json), out _, out ImmutableArray<Finding> findings));
        Assert.Equal(ContentErrors.Json.Code, Assert.Single(findings).Code);
    }

    [Fact]
    public void Every_prefix_of_a_manifest_is_refused()
    {
        byte[] json = [.. SamplePackages.Built.Payload];
        for (int length = 0; length < json.Length; length++)
        {
            Assert.False(PackageFormat.TryRead(json.AsSpan(0, length), out _, out ImmutableArray<Finding> findings));
            Assert.NotEmpty(findings);
        }
    }

    private static JsonNode Parsed() => JsonNode.Parse(SamplePackages.Built.Payload.AsSpan())!; // we wrote it ourselves

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());
}
