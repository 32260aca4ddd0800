using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Cli;
using Kedge.ControlPlane.Tests.Cli;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Oci;
using Kedge.Oci.ModelPack;
using Kedge.Oci.Registry;
using Kedge.Onnx;

namespace Kedge.ControlPlane.Tests.Registry;

/// <summary>Packages to and from Debian's docker-registry, and folders, with skopeo as the other tool.</summary>
public sealed class RegistryTests : IAsyncLifetime, IDisposable
{
    private readonly CliRun _cli = new();
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(o => o with { ContextFile = _cli.ConfigPath });
        ContextDocument.Load(_cli.ConfigPath).With(_server.Context).Save(_cli.ConfigPath);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_package_comes_back_from_a_registry_with_its_digest_and_signatures()
    {
        await using DockerRegistry registry = await DockerRegistry.StartAsync();
        string place = $"oci://{registry.Authority}/models/adder:v1";
        string digest = await PushAsync("v1", Model("m.onnx", 1), "int8=" + Model("i.onnx", 1));
        string envelope = await OkAsync("model", "show", "adder:v1", "--envelope");
        JsonNode exported = JsonNode.Parse(await OkAsync("model", "export", "adder:v1", place, "-o", "json"))!;
        Assert.Equal(3, exported["files"]!.GetValue<int>());
        Assert.Equal(2, exported["signatures"]!.GetValue<int>());
        string twice = await OkAsync("model", "export", "adder:v1", place);
        Assert.Contains("  3 files; sent 0, 0 B", twice, StringComparison.Ordinal);

        await ForgetAsync();
        Assert.Equal(ExitCodes.NotFound, (await _cli.RunAsync("model", "show", "adder:v1")).Exit);
        string imported = await OkAsync("model", "import", place);
        Assert.StartsWith($"model/adder imported: {digest}\n  tags: adder:v1\n", imported, StringComparison.Ordinal);
        Assert.Matches(@"signed as it was; fetched \d\.\d KiB", imported);
        Assert.Equal(envelope, await OkAsync("model", "show", "adder:v1", "--envelope"));
        string again = await OkAsync("model", "import", $"oci://{registry.Authority}/models/adder@"
            + exported["manifest"]!.GetValue<string>(), "--tag", "stable", "-o", "json");
        Assert.False(JsonNode.Parse(again)!["created"]!.GetValue<bool>());

        CliResult named = await _cli.RunAsync("model", "import", place, "--name", "other");
        Assert.StartsWith("error KEDGE-CLI-062", named.Error, StringComparison.Ordinal);
        CliResult target = await _cli.RunAsync("model", "export", "adder:v1", place.Replace(":v1", "@" + digest));
        Assert.StartsWith("error KEDGE-CLI-061", target.Error, StringComparison.Ordinal);
        CliResult absent = await _cli.RunAsync("model", "import", place.Replace("v1", "v2"));
        Assert.Equal(ExitCodes.NotFound, absent.Exit);
    }

    [Fact]
    public async Task Other_tools_read_what_is_exported_and_what_they_copied_is_imported()
    {
        await using DockerRegistry registry = await DockerRegistry.StartAsync();
        string digest = await PushAsync("v1", Model("m.onnx", 1));
        string exported = await OkAsync(
            "model", "export", "adder:v1", $"oci://{registry.Authority}/adder:v1", "-o", "json");
        string manifest = JsonNode.Parse(exported)!["manifest"]!.GetValue<string>();

        JsonNode raw = JsonNode.Parse(await SkopeoAsync(
            "inspect", "--tls-verify=false", "--raw", $"docker://{registry.Authority}/adder:v1"))!;
        Assert.Equal("application/vnd.cncf.model.manifest.v1+json", raw["artifactType"]!.GetValue<string>());
        Assert.Equal("application/vnd.cncf.model.config.v1+json", raw["config"]!["mediaType"]!.GetValue<string>());
        Assert.Equal(
            ["model.onnx", "golden.json", "kedge-package.dsse.json"],
            raw["layers"]!.AsArray().Select(static layer =>
                layer!["annotations"]!["org.cncf.model.filepath"]!.GetValue<string>()));
        JsonNode config = JsonNode.Parse(await SkopeoAsync(
            "inspect", "--tls-verify=false", "--config", "--raw", $"docker://{registry.Authority}/adder:v1"))!;
        Assert.Equal("adder", config["descriptor"]!["name"]!.GetValue<string>());
        Assert.Equal("onnx", config["config"]!["format"]!.GetValue<string>());
        Assert.Equal(
            raw["layers"]!.AsArray().Select(static layer => layer!["digest"]!.GetValue<string>()),
            config["modelfs"]!["diffIds"]!.AsArray().Select(static id => id!.GetValue<string>()));

        // Signatures lie where tools look that know no list of referrers.
        JsonNode index = JsonNode.Parse(await SkopeoAsync(
            "inspect", "--tls-verify=false", "--raw",
            $"docker://{registry.Authority}/adder:{manifest.Replace(':', '-')}"))!;
        Assert.Equal(
            [ModelPackTypes.Envelope, "application/vnd.dev.sigstore.bundle.v0.3+json"],
            index["manifests"]!.AsArray().Select(static one => one!["artifactType"]!.GetValue<string>()));

        string folder = Path.Combine(_cli.Home, "layout");
        await SkopeoAsync(
            "copy", "--src-tls-verify=false", $"docker://{registry.Authority}/adder:v1", $"oci:{folder}:v7");
        await ForgetAsync();
        string imported = await OkAsync("model", "import", $"oci-layout:{folder}:v7");
        Assert.StartsWith($"model/adder imported: {digest}\n  tags: adder:v7\n", imported, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_carries_a_package_where_no_registry_is()
    {
        string digest = await PushAsync("v1", Model("m.onnx", 1));
        string folder = Path.Combine(_cli.Home, "disk");
        string place = $"oci-layout:{folder}:v1";
        string exported = await OkAsync("model", "export", "adder:v1", place, "-o", "json");
        string manifest = JsonNode.Parse(exported)!["manifest"]!.GetValue<string>();
        await OkAsync("model", "export", "adder:v1", $"oci-layout:{folder}:stable");
        await OkAsync("model", "export", "adder:v1", place);
        using (IArtifactStore store = ArtifactStores.Open(
            new OciPlace.Layout(folder, "v1"), new RegistryOptions { Time = TimeProvider.System }))
        {
            Assert.Equal(
                [ModelPackTypes.Envelope, "application/vnd.dev.sigstore.bundle.v0.3+json"],
                (await store.ReferrersAsync(Digest.Parse(manifest), CancellationToken.None))
                    .Select(static one => one.ArtifactType));
        }

        await SkopeoAsync("inspect", "--raw", $"oci:{folder}:stable");
        await ForgetAsync();
        Assert.Contains(digest, await OkAsync("model", "import", place), StringComparison.Ordinal);

        // A bit that flipped on the disk is found before anything is taken over.
        await ForgetAsync();
        string blob = Directory.EnumerateFiles(Path.Combine(folder, "blobs", "sha256"))
            .First(static path => File.ReadAllText(path).Contains("addend", StringComparison.Ordinal));
        byte[] bytes = await File.ReadAllBytesAsync(blob);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(blob, bytes);
        CliResult flipped = await _cli.RunAsync("model", "import", place);
        Assert.StartsWith("error KEDGE-OCI-007", flipped.Error, StringComparison.Ordinal);

        CliResult noLayout = await _cli.RunAsync("model", "import", $"oci-layout:{_cli.Home}:v1");
        Assert.StartsWith("error KEDGE-OCI-015", noLayout.Error, StringComparison.Ordinal);
        await PushAsync("v3", Model("m3.onnx", 3));
        CliResult inTheWay = await _cli.RunAsync("model", "export", "adder:v3", $"oci-layout:{_cli.Home}:v1");
        Assert.StartsWith("error KEDGE-OCI-015", inTheWay.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blob_that_changed_in_the_registry_is_refused_and_nothing_is_taken_over()
    {
        await using DockerRegistry registry = await DockerRegistry.StartAsync();
        string place = $"oci://{registry.Authority}/adder:v1";
        byte[] model = await File.ReadAllBytesAsync(Model("m.onnx", 1));
        await PushAsync("v1", Path.Combine(_cli.Home, "m.onnx"));
        await OkAsync("model", "export", "adder:v1", place);
        await ForgetAsync();
        byte[] other = [.. model];
        other[^1] ^= 1;
        await File.WriteAllBytesAsync(registry.BlobPath(Digest.Of(model).Hex), other);
        foreach (string how in (string[])["--force", "--sign-anew"])
        {
            CliResult refused = await _cli.RunAsync("model", "import", place, how);
            Assert.StartsWith("error KEDGE-OCI-007", refused.Error, StringComparison.Ordinal);
        }

        Assert.Equal(ExitCodes.NotFound, (await _cli.RunAsync("model", "show", "adder:v1")).Exit);
    }

    [Fact]
    public async Task A_model_that_others_packed_passes_the_gate_and_is_signed_by_who_imports_it()
    {
        await using DockerRegistry registry = await DockerRegistry.StartAsync();
        byte[] model = await File.ReadAllBytesAsync(Model("m.onnx", 1));
        string place = await ForeignAsync(registry, "good", ("nets/My_Model.onnx", ModelPackTypes.Weight, model),
            ("nets/labels.txt", ModelPackTypes.WeightConfig, "a\nb\n"u8.ToArray()),
            ("README.md", ModelPackTypes.Document, "hello"u8.ToArray()));
        string imported = await OkAsync("model", "import", place, "--name", "theirs");
        Assert.Contains("8 golden samples recorded", imported, StringComparison.Ordinal);
        string shown = await OkAsync("model", "show", "theirs:v1");
        Assert.Matches(@"model.onnx\s+onnx-fp32", shown);
        Assert.Matches(@"labels.txt\s+onnx-fp32", shown);
        Assert.Contains($"imported.from={place}", shown, StringComparison.Ordinal);
        Assert.Matches(@"Signed by:\s+sha256:", shown);
        Assert.Contains("theirs-too", await OkAsync("model", "import", place), StringComparison.Ordinal);

        string pickle = await ForeignAsync(
            registry, "bad", ("model.onnx", ModelPackTypes.Weight, [0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, (byte)'.']));
        CliResult refused = await _cli.RunAsync("model", "import", pickle);
        Assert.StartsWith("error KEDGE-CONTENT-002", refused.Error, StringComparison.Ordinal);
        string none = await ForeignAsync(
            registry, "none", ("labels.txt", ModelPackTypes.WeightConfig, "a"u8.ToArray()));
        Assert.StartsWith(
            "error KEDGE-OCI-009", (await _cli.RunAsync("model", "import", none)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signed_package_beside_other_files_is_refused()
    {
        await using DockerRegistry registry = await DockerRegistry.StartAsync();
        await PushAsync("v1", Model("m.onnx", 1));
        byte[] envelope = Encoding.UTF8.GetBytes(
            (await OkAsync("model", "show", "adder:v1", "--envelope")).TrimEnd('\n'));
        byte[] other = await File.ReadAllBytesAsync(Model("other.onnx", 2));
        string place = await ForeignAsync(registry, "swapped", ("model.onnx", ModelPackTypes.Weight, other),
            (ModelPackTypes.EnvelopePath, ModelPackTypes.Document, envelope));
        CliResult refused = await _cli.RunAsync("model", "import", place);
        Assert.StartsWith("error KEDGE-OCI-014", refused.Error, StringComparison.Ordinal);
        await OkAsync("model", "import", place, "--sign-anew");
    }

    [Fact]
    public async Task An_upload_that_breaks_goes_on_and_the_registry_has_the_blob()
    {
        await using DockerRegistry registry = await DockerRegistry.StartAsync();
        byte[] bytes = Convert.FromHexString(new Rng(7).Hex(20 << 20));
        OciDescriptor blob = OciDescriptor.Of("a/b", bytes);

        // Cut in the middle of the second piece, before the third, and while the upload is asked about.
        await using BreakingProxy proxy = new(registry.Port, 11 << 20, 9 << 20, 100);
        using (IArtifactStore store = Open(proxy.Authority))
        {
            Assert.True(await store.PutAsync(blob, bytes, CancellationToken.None));
        }

        Assert.Equal(0, proxy.CutsLeft);
        using IArtifactStore direct = Open(registry.Authority);
        Assert.True(await direct.HasBlobAsync(blob, CancellationToken.None));
        Assert.Equal(bytes, await direct.GetAsync(blob, bytes.Length, CancellationToken.None));
        Assert.InRange(proxy.UpBytes, bytes.Length, 44L << 20);
    }

    [Fact]
    public async Task A_registry_with_a_password_is_called_with_it_from_a_file_or_the_environment()
    {
        await using DockerRegistry registry = await DockerRegistry.StartAsync(wantsPassword: true);
        string place = $"oci://{registry.Authority}/adder:v1";
        await PushAsync("v1", Model("m.onnx", 1));
        CliResult nobody = await _cli.RunAsync("model", "export", "adder:v1", place);
        Assert.StartsWith("error KEDGE-OCI-003", nobody.Error, StringComparison.Ordinal);

        string auth = Convert.ToBase64String("kedge:secret"u8);
        string json = "{\"auths\": {\"" + registry.Authority + "\": {\"auth\": \"" + auth + "\"}}}";
        await OkAsync("model", "export", "adder:v1", place, "--registry-auth", _cli.Write("auth.json", json));
        _cli.Write(".docker/config.json", json);
        await OkAsync("model", "import", place);
        Assert.Contains("was there already", await OkAsync("model", "import", place), StringComparison.Ordinal);
        _cli.Variables["KEDGE_REGISTRY_USER"] = "kedge";
        _cli.Variables["KEDGE_REGISTRY_PASSWORD"] = "wrong";
        CliResult wrong = await _cli.RunAsync("model", "import", place);
        Assert.StartsWith("error KEDGE-OCI-003", wrong.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", wrong.All, StringComparison.Ordinal);
    }

    private static IArtifactStore Open(string authority) => ArtifactStores.Open(
        new OciPlace.Registry(authority, "a", "v1"), new RegistryOptions { Time = TimeProvider.System });

    /// <summary>A model as another tool packs it.</summary>
    private static async Task<string> ForeignAsync(
        DockerRegistry registry, string name, params (string Path, string Type, byte[] Bytes)[] files)
    {
        OciPlace.Registry place = new(registry.Authority, name, "v1");
        using IArtifactStore store = ArtifactStores.Open(place, new RegistryOptions { Time = TimeProvider.System });
        byte[] config = "{\"descriptor\": {\"name\": \"Theirs.Too\"}}"u8.ToArray();
        OciDescriptor configBlob = OciDescriptor.Of(ModelPackTypes.Config, config);
        await store.PutAsync(configBlob, config, CancellationToken.None);
        List<OciDescriptor> layers = [];
        foreach ((string path, string type, byte[] bytes) in files)
        {
            OciDescriptor blob = OciDescriptor.Of(type, bytes);
            await store.PutAsync(blob, bytes, CancellationToken.None);
            layers.Add(blob with { Annotations = blob.Annotations.Add(ModelPackTypes.FilePath, path) });
        }

        OciDocument manifest = OciJson.Write(new OciManifest
        {
            ArtifactType = ModelPackTypes.Artifact, Config = configBlob, Layers = [.. layers],
        });
        await store.PutManifestAsync(manifest, "v1", CancellationToken.None);
        return place.ToString();
    }

    private static async Task<string> SkopeoAsync(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("skopeo", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("skopeo did not start");
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"skopeo {string.Join(' ', arguments)}: {await error}");
        return output;
    }

    /// <summary>The server has the package no more, and none of its content.</summary>
    private async Task ForgetAsync()
    {
        await OkAsync("model", "rm", "adder:v1");
        string folder = new Kedge.ControlPlane.Auth.ServerPaths(_server.Options.DataFolder).Chunks;
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }
    }

    private async Task<string> PushAsync(string tag, string model, params string[] variants)
    {
        string[] more = [.. variants.SelectMany(static one => (string[])["--variant", one])];
        string text = await OkAsync(["model", "push", model, "--name", "adder", "--tag", tag, "-o", "json", .. more]);
        return JsonNode.Parse(text)!["digest"]!.GetValue<string>();
    }

    private async Task<string> OkAsync(params string[] arguments)
    {
        CliResult result = await _cli.RunAsync(arguments);
        Assert.True(result.Exit == ExitCodes.Ok, $"kedge {string.Join(' ', arguments)}: {result.Exit}\n{result.All}");
        return result.Out;
    }

    /// <summary>A model with a dynamic axis that adds a number.</summary>
    private string Model(string name, float addend)
    {
        byte[] model = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "adder",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1)],
            Initializers = [OnnxTensor.Of("addend", [1], [addend])],
            Nodes = [new OnnxNodeSpec("Add", ["x", "addend"], ["y"])],
        });
        string path = Path.Combine(_cli.Home, name);
        File.WriteAllBytes(path, model);
        return path;
    }
}
