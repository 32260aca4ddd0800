using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.ControlPlane.Tests.Server;

public class UploadTests
{
    [Fact]
    public async Task A_chunk_that_has_another_digest_is_not_kept()
    {
        await using TestServer server = await TestServer.StartAsync();
        Digest announced = Digest.Of("one"u8);
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.PutChunkAsync(announced.ToString(), "two"u8.ToArray(), server.Ct));
        Assert.Equal((422, "KEDGE-API-007"), (refused.Status, refused.Problem.Error.Code));
        DigestList missing = await server.Client.MissingChunksAsync([announced.ToString()], server.Ct);
        Assert.Equal([announced.ToString()], missing.Digests);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(server.Options.DataFolder, "chunks", "incoming")));
    }

    [Fact]
    public async Task What_is_too_large_is_refused_before_it_is_sent()
    {
        await using TestServer server =
            await TestServer.StartAsync(o => o with { PackageBytesMax = 100_000_000 });
        using ECDsa key = server.ModelKey();
        TestPackage huge = TestPackage.Make(key, "bearing", 1, claimedBytes: 3_000_000_000);
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.PushPackageAsync(huge.Envelope, server.Ct));
        Assert.Equal((413, "KEDGE-API-002"), (refused.Status, refused.Problem.Error.Code));

        // 5 GB announced: the answer comes before the body goes.
        using HttpClient http = server.Bare();
        using HttpRequestMessage request = new(HttpMethod.Put, $"/api/v1/chunks/{Digest.Of("x"u8)}")
        {
            Content = new AnnouncedContent(5_000_000_000),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", server.Context.Token);
        request.Headers.ExpectContinue = true;
        using HttpResponseMessage response = await http.SendAsync(request, server.Ct);
        Assert.Equal(413, (int)response.StatusCode);

        byte[] chunk = new byte[Limits.ChunkBytesMax + 1];
        refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.PutChunkAsync(Digest.Of(chunk).ToString(), chunk, server.Ct));
        Assert.Equal(413, refused.Status);
    }

    [Fact]
    public async Task A_package_by_an_unknown_or_revoked_key_is_refused_and_nothing_is_stored()
    {
        await using TestServer server = await TestServer.StartAsync();
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        TestPackage unknown = TestPackage.Make(stranger, "bearing", 1);
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.PushPackageAsync(unknown.Envelope, server.Ct));
        Assert.Equal((422, "KEDGE-API-009"), (refused.Status, refused.Problem.Error.Code));
        Assert.Equal("KEDGE-TRUST-002", Assert.Single(refused.Problem.Findings).Code);

        using ECDsa owner = server.OwnerKey();
        using ECDsa key = server.ModelKey();
        TrustedKey trusted = TrustedKey.Of(key);
        SigningPolicyDocument revoking = new()
        {
            Version = 2,
            Rules =
            [
                new PolicyRule
                {
                    KeyId = trusted.KeyId, PublicKey = trusted.PublicKey, Models = ["*"], Revoked = true,
                },
            ],
        };
        byte[] policy = SigningPolicyFormat.Write(revoking);
        string envelope = Encoding.UTF8.GetString(Dsse.Sign(SigningPolicyFormat.PayloadType, policy, owner));
        SigningPolicyResource held = await server.Client.PutSigningPolicyAsync(envelope, server.Ct);
        Assert.Equal(2, held.Version);
        refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.PushPackageAsync(TestPackage.Make(key, "bearing", 1).Envelope, server.Ct));
        Assert.Equal("KEDGE-TRUST-004", Assert.Single(refused.Problem.Findings).Code);
        Assert.Empty((await server.Client.ListPackagesAsync("", server.Ct)).Items);
    }

    [Fact]
    public async Task Under_an_expired_policy_nothing_is_pushed_and_what_is_there_stays()
    {
        ShiftedTime time = new();
        await using TestServer server = await TestServer.StartAsync(time: time);
        using ECDsa owner = server.OwnerKey();
        using ECDsa key = server.ModelKey();
        TrustedKey trusted = TrustedKey.Of(key);
        SigningPolicyDocument policy = new()
        {
            Version = 2,
            ExpiresAtMs = (time.GetUtcNow() + TimeSpan.FromDays(20)).ToUnixTimeMilliseconds(),
            Rules = [new PolicyRule { KeyId = trusted.KeyId, PublicKey = trusted.PublicKey, Models = ["*"] }],
        };
        _ = await server.Client.PutSigningPolicyAsync(Encoding.UTF8.GetString(Dsse.Sign(
            SigningPolicyFormat.PayloadType, SigningPolicyFormat.Write(policy), owner)), server.Ct);
        ServerResource status = await server.Client.GetServerAsync(server.Ct);
        Assert.Equal((2, policy.ExpiresAtMs), (status.PolicyVersion, status.PolicyExpiresAtMs));
        time.Offset = TimeSpan.FromDays(21);
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.PushPackageAsync(TestPackage.Make(key, "bearing", 1).Envelope, server.Ct));
        Assert.Equal("KEDGE-TRUST-022", Assert.Single(refused.Problem.Findings).Code);
    }

    [Fact]
    public async Task A_policy_that_the_owner_did_not_sign_or_that_is_older_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        using ECDsa thief = KeyFile.ReadKey(Path.Combine(server.Options.DataFolder, "desired.key"));
        SigningPolicyResource held = await server.Client.GetSigningPolicyAsync(server.Ct);
        byte[] mine = SigningPolicyFormat.Write(new SigningPolicyDocument
        {
            Version = 9,
            Rules =
            [
                new PolicyRule
                {
                    KeyId = TrustedKey.Of(thief).KeyId, PublicKey = TrustedKey.Of(thief).PublicKey, Models = ["*"],
                },
            ],
        });
        string stolen = Encoding.UTF8.GetString(Dsse.Sign(SigningPolicyFormat.PayloadType, mine, thief));
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.PutSigningPolicyAsync(stolen, server.Ct));
        Assert.Equal((422, "KEDGE-API-019"), (refused.Status, refused.Problem.Error.Code));
        Assert.Equal(1, (await server.Client.PutSigningPolicyAsync(held.Document, server.Ct)).Version);
    }

    [Theory]
    [InlineData("POST", "/api/v1/packages", "{\"payload\":\"abc")]
    [InlineData("POST", "/api/v1/enrollmenttokens", "{\"name\":\"a\",")]
    [InlineData("PUT", "/api/v1/signingpolicies", "{\"document\":\"{")]
    [InlineData("PATCH", "/api/v1/devices/press-1/labels", "{\"labels\":{\"a\":")]
    [InlineData("POST", "/v1/enrol", "{\"token\":")]
    [InlineData("POST", "/v1/renew", "")]
    public async Task Json_that_is_cut_in_half_changes_nothing(string method, string path, string body)
    {
        await using TestServer server = await TestServer.StartAsync();
        using HttpClient http = server.Bare();
        using HttpRequestMessage request = new(new HttpMethod(method), path) { Content = new StringContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", server.Context.Token);
        using HttpResponseMessage response = await http.SendAsync(request, server.Ct);
        string answer = await response.Content.ReadAsStringAsync(server.Ct);
        Assert.True((int)response.StatusCode is 400 or 422, answer);
        Assert.Contains("KEDGE-", answer, StringComparison.Ordinal);
        Assert.Empty((await server.Client.ListEnrollmentTokensAsync(server.Ct)).Items);
    }

    [Fact]
    public async Task A_package_that_a_deployment_names_stays()
    {
        await using TestServer server = await TestServer.StartAsync();
        TestPackage package = await TestPackage.PushAsync(server, "bearing", "v1", 1);
        await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.DeleteAsync("packages", package.Digest.ToString(), server.Ct));
        Assert.Equal((409, "KEDGE-API-011"), (refused.Status, refused.Problem.Error.Code));
        PackageResource shown = await server.Client.GetPackageAsync(package.Digest.ToString(), server.Ct);
        Assert.Equal(["v1"], shown.Tags);
        Assert.Equal(["onnx-fp32 (onnx, cpu)"], shown.Variants);
        Assert.Single(shown.SignedBy);
    }

    /// <summary>Says that it is large and would fail if anybody asked for more than its head.</summary>
    private sealed class AnnouncedContent(long bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            stream.WriteAsync(new byte[1024]).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = bytes;
            return true;
        }
    }
}
