using Kedge.ControlPlane.Tests.Agents;
using Kedge.ControlPlane.Tests.Cli;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Oci;
using Kedge.Oci.ModelPack;
using Kedge.Oci.Registry;
using Microsoft.AspNetCore.Http;

namespace Kedge.ControlPlane.Tests.Registry;

/// <summary>What registries may send: all of it is bounded and refused by a code, and no secret goes astray.</summary>
public sealed class UntrustedRegistryTests : IDisposable
{
    private static readonly byte[] _bytes = [1, 2, 3, 4];
    private static readonly OciDescriptor _layer = OciDescriptor.Of(ModelPackTypes.Weight, _bytes);

    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_manifest_without_end_and_one_that_is_announced_too_large_are_not_read()
    {
        await RefusedAsync("KEDGE-OCI-006", HostileRegistry.EndlessAsync);
        await RefusedAsync("KEDGE-OCI-006", static context =>
        {
            context.Response.ContentLength = 1L << 40;
            return context.Response.Body.FlushAsync();
        });
    }

    [Theory]
    [InlineData("KEDGE-OCI-008", "no JSON")]
    [InlineData("KEDGE-OCI-008", "[]")]
    [InlineData("KEDGE-OCI-008", "{}")]
    [InlineData("KEDGE-OCI-008", """{"config": {"mediaType": "a", "digest": "sha256:1", "size": 1}}""")]
    [InlineData("KEDGE-OCI-008", """{"config": 1}""")]
    [InlineData("KEDGE-OCI-008", """{"mediaType": "text/plain"}""")]
    [InlineData("KEDGE-OCI-008", """{"layers": 7, "config": {"mediaType": "a", "digest": "DIGEST", "size": 1}}""")]
    [InlineData("KEDGE-OCI-008", """{"config": {"mediaType": "a", "digest": "DIGEST", "size": -1}}""")]
    [InlineData("KEDGE-OCI-008", """{"config": {"mediaType": "\ud800", "digest": "DIGEST", "size": 1}}""")]
    [InlineData("KEDGE-OCI-009", """{"config": {"mediaType": "a", "digest": "DIGEST", "size": 1}}""")]
    public async Task A_manifest_that_cannot_be_right_is_refused(string code, string json)
    {
        string text = json.Replace("DIGEST", Digest.Of([]).ToString(), StringComparison.Ordinal);
        OciDocument document = new(OciMediaTypes.Manifest, System.Text.Encoding.UTF8.GetBytes(text));
        await RefusedAsync(code, context => HostileRegistry.SendAsync(context, document));
    }

    [Fact]
    public async Task An_index_and_a_manifest_nested_too_deep_are_refused()
    {
        await RefusedAsync("KEDGE-OCI-009", static context =>
            HostileRegistry.SendAsync(context, OciJson.WriteIndex([_layer])));
        byte[] deep = [.. Enumerable.Repeat((byte)'[', 1_000)];
        await RefusedAsync("KEDGE-OCI-008", context =>
            HostileRegistry.SendAsync(context, new OciDocument(OciMediaTypes.Manifest, deep)));
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../b")]
    [InlineData("C:\\x")]
    [InlineData("-rf")]
    [InlineData("a\nb")]
    [InlineData("")]
    public async Task A_layer_whose_path_leads_elsewhere_is_refused(string path) => await RefusedAsync(
        "KEDGE-OCI-011", context => HostileRegistry.SendAsync(context, HostileRegistry.Model(_layer, path)));

    [Fact]
    public async Task Two_layers_of_one_path_and_layers_in_archives_are_refused()
    {
        OciDescriptor twin = _layer with
        {
            Annotations = _layer.Annotations.Add(ModelPackTypes.FilePath, "MODEL.onnx"),
        };
        await RefusedAsync("KEDGE-OCI-011", context =>
            HostileRegistry.SendAsync(context, HostileRegistry.Model(_layer, "model.onnx", twin)));
        OciDescriptor tar = _layer with { MediaType = "application/vnd.cncf.model.weight.v1.tar+gzip" };
        await RefusedAsync("KEDGE-OCI-010", context =>
            HostileRegistry.SendAsync(context, HostileRegistry.Model(tar)));
        OciDescriptor huge = _layer with { Bytes = long.MaxValue };
        await RefusedAsync("KEDGE-OCI-006", context =>
            HostileRegistry.SendAsync(context, HostileRegistry.Model(huge)));
    }

    [Fact]
    public async Task A_blob_that_goes_on_or_has_other_bytes_is_refused()
    {
        OciDocument model = HostileRegistry.Model(_layer);
        await using HostileRegistry endless = await HostileRegistry.WithAsync(model, HostileRegistry.EndlessAsync);
        await ImportAsync("KEDGE-OCI-006", endless);
        await using HostileRegistry other = await HostileRegistry.WithAsync(
            model, static context => context.Response.Body.WriteAsync(new byte[] { 4, 3, 2, 1 }).AsTask());
        await ImportAsync("KEDGE-OCI-007", other);
    }

    [Fact]
    public async Task A_manifest_under_a_digest_must_have_it()
    {
        OciDocument model = HostileRegistry.Model(_layer);
        await using HostileRegistry registry = await HostileRegistry.StartAsync(
            context => HostileRegistry.SendAsync(context, model));
        CliResult result = await _cli.RunAsync(
            "model", "import", $"oci://{registry.Authority}/a@{Digest.Of(_bytes)}", "--name", "a");
        Assert.Contains("KEDGE-OCI-007", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blob_that_breaks_off_goes_on_where_it_broke_with_ranges_or_without()
    {
        byte[] whole = [.. Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 7))];
        OciDescriptor blob = OciDescriptor.Of("a/b", whole);
        List<string> ranges = [];
        await using HostileRegistry registry = await HostileRegistry.StartAsync(async context =>
        {
            string range = context.Request.Headers.Range.ToString();
            ranges.Add(range);
            int from = range.Length > 0 && ranges.Count == 2 ? int.Parse(range[6..^1]) : 0;
            context.Response.StatusCode = from > 0 ? 206 : 200;
            context.Response.Headers.ContentRange = from > 0 ? $"bytes {from}-{whole.Length - 1}/{whole.Length}" : "";
            context.Response.ContentLength = whole.Length - from;
            int count = ranges.Count switch { 1 => 100_000, 2 => 50_000, _ => whole.Length };
            await context.Response.Body.WriteAsync(whole.AsMemory(from, count));
            await context.Response.Body.FlushAsync();
            if (ranges.Count < 3)
            {
                context.Abort();
            }
        });
        using IArtifactStore store = Open(registry.Authority);
        Assert.Equal(whole, await store.GetAsync(blob, 1 << 20, CancellationToken.None));
        Assert.Equal(3, ranges.Count);
        Assert.Equal("", ranges[0]);
        Assert.All(ranges[1..], static range => Assert.StartsWith("bytes=", range, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_blob_that_never_comes_and_calls_that_always_fail_end_with_a_code()
    {
        await using HostileRegistry broken = await HostileRegistry.WithAsync(HostileRegistry.Model(_layer), context =>
        {
            context.Response.ContentLength = 4;
            context.Abort();
            return Task.CompletedTask;
        });
        await ImportAsync("KEDGE-OCI-002", broken);
        await using HostileRegistry empty = await HostileRegistry.WithAsync(
            HostileRegistry.Model(_layer), static _ => Task.CompletedTask);
        await ImportAsync("KEDGE-OCI-016", empty);
        await RefusedAsync("KEDGE-OCI-005", static context => HostileRegistry.StatusAsync(context, 500));
        await RefusedAsync("KEDGE-OCI-005", static context => HostileRegistry.StatusAsync(context, 418));
        await RefusedAsync("KEDGE-OCI-004", static context => HostileRegistry.StatusAsync(context, 404));
        CliResult nobody = await _cli.RunAsync("model", "import", "oci://127.0.0.1:1/a");
        Assert.Contains("KEDGE-OCI-002", nobody.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_do_not_follow_to_another_host()
    {
        OciDescriptor blob = OciDescriptor.Of("a/b", _bytes);
        await using HostileRegistry elsewhere = await HostileRegistry.StartAsync(
            static context => context.Response.Body.WriteAsync(_bytes).AsTask());
        await using HostileRegistry registry = await HostileRegistry.StartAsync(context =>
        {
            if (context.Request.Headers.Authorization.Count == 0)
            {
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"a\"";
                return HostileRegistry.StatusAsync(context, 401);
            }

            context.Response.Headers.Location = $"http://{elsewhere.Authority}/blob";
            return HostileRegistry.StatusAsync(context, 307);
        });
        using IArtifactStore store = Open(registry.Authority, new RegistryCredential("me", "secret"));
        Assert.Equal(_bytes, await store.GetAsync(blob, 10, CancellationToken.None));
        Assert.Contains(registry.Authorizations, static one => one.StartsWith("Basic ", StringComparison.Ordinal));
        Assert.Equal([""], elsewhere.Authorizations);
    }

    [Fact]
    public async Task A_token_is_fetched_for_the_scope_that_the_registry_names()
    {
        OciDescriptor blob = OciDescriptor.Of("a/b", _bytes);
        await using HostileRegistry registry = await HostileRegistry.StartAsync(static context => Token(context));
        using IArtifactStore store = Open(registry.Authority, new RegistryCredential("me", "secret"));
        Assert.Equal(_bytes, await store.GetAsync(blob, 10, CancellationToken.None));
        Assert.Equal(["", new RegistryCredential("me", "secret").Basic, "abc"], registry.Authorizations.Select(
            static one => one.Split(' ')[^1]));
    }

    [Fact]
    public async Task A_place_of_tokens_that_never_answers_is_not_waited_for_for_ever()
    {
        await using HostileRegistry registry = await HostileRegistry.StartAsync(static context =>
        {
            if (context.Request.Path == "/token")
            {
                return Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{context.Request.Host}/token\"";
            return HostileRegistry.StatusAsync(context, 401);
        });
        using IArtifactStore store = ArtifactStores.Open(
            new OciPlace.Registry(registry.Authority, "a", "v1"),
            new RegistryOptions { Time = new HurriedTime(10), StallMax = TimeSpan.FromMilliseconds(200) });
        KedgeException refused = await Assert.ThrowsAsync<KedgeException>(
            () => store.FindManifestAsync("v1", CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("KEDGE-OCI-002", refused.Finding.Code);
    }

    [Fact]
    public async Task An_upload_of_which_the_registry_takes_nothing_ends_with_a_code()
    {
        await using HostileRegistry registry = await HostileRegistry.StartAsync(static context =>
        {
            if (context.Request.Method == "HEAD")
            {
                return HostileRegistry.StatusAsync(context, 404);
            }

            context.Response.Headers.Location = "/v2/a/blobs/uploads/1";
            context.Response.Headers.Range = "0-0";
            return HostileRegistry.StatusAsync(context, context.Request.Method == "GET" ? 204 : 202);
        });
        using IArtifactStore store = ArtifactStores.Open(
            new OciPlace.Registry(registry.Authority, "a", "v1"), new RegistryOptions { Time = new HurriedTime(10) });
        KedgeException refused = await Assert.ThrowsAsync<KedgeException>(
            () => store.PutAsync(OciDescriptor.Of("a/b", _bytes), _bytes, CancellationToken.None)
                .WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("KEDGE-OCI-016", refused.Finding.Code);
    }

    private static Task Token(HttpContext context)
    {
        if (context.Request.Path == "/token")
        {
            Assert.Equal("?service=reg&scope=repository%3Aa%3Apull%2Cpush", context.Request.QueryString.Value);
            return context.Response.WriteAsync("{\"token\": \"abc\"}");
        }

        if (context.Request.Headers.Authorization == "Bearer abc")
        {
            return context.Response.Body.WriteAsync(_bytes).AsTask();
        }

        context.Response.Headers.WWWAuthenticate =
            $"Bearer realm=\"http://{context.Request.Host}/token\",service=\"reg\",scope=\"repository:a:pull,push\"";
        return HostileRegistry.StatusAsync(context, 401);
    }

    [Fact]
    public async Task A_registry_that_leads_in_circles_or_to_another_scheme_is_left()
    {
        await RefusedAsync("KEDGE-OCI-012", static context =>
        {
            context.Response.Headers.Location = context.Request.Path.Value + "x";
            return HostileRegistry.StatusAsync(context, 302);
        });
        await RefusedAsync("KEDGE-OCI-012", static context =>
        {
            context.Response.Headers.Location = "file:///etc/passwd";
            return HostileRegistry.StatusAsync(context, 302);
        });
        RegistryAddress address = new(new OciPlace.Registry("registry.example", "a", "b"), plainHttp: false);
        KedgeException down = Assert.Throws<KedgeException>(() =>
            address.Follow(address.Root, new Uri("http://registry.example/v2/"), "a redirect"));
        Assert.Equal("KEDGE-OCI-012", down.Finding.Code);
        Assert.False(address.IsRegistry(new Uri("https://registry.example:8443/v2/")));
        Assert.False(address.IsRegistry(new Uri("https://a.registry.example/v2/")));
    }

    [Fact]
    public async Task Without_credentials_or_with_a_file_that_has_none_the_command_says_so()
    {
        await RefusedAsync("KEDGE-OCI-003", static context => HostileRegistry.StatusAsync(context, 401));
        await using HostileRegistry registry = await HostileRegistry.StartAsync(
            static context => HostileRegistry.StatusAsync(context, 403));
        await ImportAsync("KEDGE-OCI-003", registry);
        string file = _cli.Write("auth.json", "{\"auths\": {\"https://" + registry.Authority + "/v1/\": {}}}");
        CliResult result = await _cli.RunAsync(
            "model", "import", $"oci://{registry.Authority}/a", "--registry-auth", file);
        Assert.Contains("KEDGE-OCI-013", result.Error, StringComparison.Ordinal);
        Assert.Contains("KEDGE-OCI-013", (await _cli.RunAsync("model", "import", $"oci://{registry.Authority}/a",
            "--registry-auth", _cli.Write("no.json", "no"))).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("oci://host")]
    [InlineData("oci://host/UPPER")]
    [InlineData("oci://host:0/a")]
    [InlineData("oci://ho st/a")]
    [InlineData("oci://host/a:")]
    [InlineData("oci://host/a@sha256:12")]
    [InlineData("oci://me:secret@host/a")]
    [InlineData("oci-layout:")]
    [InlineData("https://host/a")]
    public async Task What_names_no_place_is_refused(string place)
    {
        CliResult result = await _cli.RunAsync("model", "import", place);
        Assert.Contains("KEDGE-OCI-001", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("oci://host/a", "oci://host/a:latest")]
    [InlineData("oci://host:5000/a/b:v1", "oci://host:5000/a/b:v1")]
    [InlineData("oci-layout:/a:b/c", "oci-layout:/a:b/c:latest")]
    [InlineData("oci-layout:c:v1", "oci-layout:c:v1")]
    public void A_place_is_read_as_it_is_written(string text, string read)
    {
        Assert.True(OciPlace.TryParse(text, out OciPlace? place));
        Assert.Equal(read, place.ToString());
    }

    private static IArtifactStore Open(string authority, RegistryCredential? credential = null) => ArtifactStores.Open(
        new OciPlace.Registry(authority, "a", "v1"),
        new RegistryOptions { Time = TimeProvider.System, Credential = credential });

    private async Task RefusedAsync(string code, Func<HttpContext, Task> answer)
    {
        await using HostileRegistry registry = await HostileRegistry.StartAsync(answer);
        await ImportAsync(code, registry);
    }

    private async Task ImportAsync(string code, HostileRegistry registry)
    {
        CliResult result = await _cli.RunAsync("model", "import", $"oci://{registry.Authority}/a:v1", "--name", "a");
        Assert.NotEqual(0, result.Exit);
        Assert.StartsWith($"error {code}: ", result.Error, StringComparison.Ordinal);
    }
}
