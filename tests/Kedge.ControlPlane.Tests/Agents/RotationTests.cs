using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Agent;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Tests.Cli;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Mqtt.Transport;
using Kedge.Wire.Trust;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>A new intermediate while agents are connected: nobody enrols anew, and nobody can go back.</summary>
public sealed class RotationTests
{
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    [Fact]
    public async Task After_a_rotation_agents_reconnect_go_on_serving_and_renew_onto_the_new_intermediate()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using RealAgent agent = await ServingAsync(server);
        InstanceId instance = Assert.Single(agent.Loop.Snapshot.Serving);
        Digest? old = agent.Credentials.Issuer;
        Assert.Equal(1, agent.Credentials.Bundle.Held!.Version);

        Digest made = await RotateAsync(server, Month);
        await agent.UntilAsync(server, s => s.IsLinkUp && s.LinkConnections > 1);
        Assert.Equal(2, agent.Credentials.Bundle.Held.Version);
        Assert.Equal(made, agent.Credentials.Bundle.Held.Current.Id);
        Assert.Equal(old, agent.Credentials.Issuer); // its certificate goes on to count
        Assert.Equal([instance], agent.Supervisor.Started);

        await agent.StopAsync();
        agent.Start(TimeSpan.FromDays(6)); // two thirds of the certificate's life are over
        await agent.UntilAsync(server, s => s.IsLinkUp && agent.Credentials.Issuer == made);
        Assert.Equal([instance], agent.Supervisor.Started);

        await using RealAgent later = await RealAgent.EnrolAsync(server, "press-2");
        Assert.Equal((2, made), (later.Credentials.Bundle.Held!.Version, later.Credentials.Issuer!.Value));
    }

    [Fact]
    public async Task An_agent_that_slept_through_two_changes_of_the_owner_key_follows_both_with_its_next_certificate()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using RealAgent agent = await ServingAsync(server);
        await agent.StopAsync();
        using ECDsa first = server.OwnerKey();
        using ECDsa second = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa third = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await PutAsync(server, OwnerKeyDocument.Sign(2, first, second));
        await PutAsync(server, OwnerKeyDocument.Sign(3, second, third));
        agent.Start(TimeSpan.FromDays(6)); // two thirds of the certificate's life are over
        Digest third3 = TrustedKey.Of(third).KeyId;
        await agent.UntilAsync(server, _ => OwnerOf(agent) == third3);
        Assert.Single(agent.Supervisor.Started);

        // A server that is started anew reads the chain from its store, and lets devices in under the newest key.
        await server.StopAsync();
        await server.StartHostAsync();
        SigningPolicyResource trust = await server.Client.GetSigningPolicyAsync(server.Ct);
        using ECDsa desired = KeyFile.ReadKey(new ServerPaths(server.Options.DataFolder).DesiredKey);
        await PutAsync(server, new DesiredKeys(2, [TrustedKey.Of(desired)]).Sign(third));
        Assert.True(Dsse.TryParse(System.Text.Encoding.UTF8.GetBytes(trust.Document), out DsseEnvelope? policy, out _));
        Assert.True(SigningPolicyFormat.TryRead(policy!.Payload.Span, out SigningPolicyDocument? document, out _));
        await PutAsync(server, Dsse.Sign(
            SigningPolicyFormat.PayloadType, SigningPolicyFormat.Write(document! with { Version = 2 }), third));
        await using RealAgent later = await RealAgent.EnrolAsync(server, "press-2");
        Assert.Equal((3, third3), (later.Credentials.Identity.OwnerVersion, OwnerOf(later)));
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => PutAsync(server, OwnerKeyDocument.Sign(4, second, first)));
        Assert.Equal("KEDGE-TRUST-024", Assert.Single(refused.Problem.Findings).Code);
    }

    [Fact]
    public async Task A_revoked_intermediate_makes_agents_renew_at_once_and_its_thief_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using RealAgent agent = await ServingAsync(server);
        string stolen = Copy(server);
        Digest made = await RotateAsync(server, TimeSpan.Zero);
        await agent.UntilAsync(server, s => s.IsLinkUp && agent.Credentials.Issuer == made);
        Assert.Single(agent.Supervisor.Started);

        await server.StopAsync();
        string kept = Copy(server);
        PutBack(server, stolen);
        await server.StartHostAsync();
        await agent.UntilAsync(server, s => s.LinkProblem is { } problem
            && problem.Code == AgentErrors.WrongAuthority.Code
            && problem.Message.Contains(AgentErrors.BundleOlder.Code, StringComparison.Ordinal));
        Assert.Equal(2, agent.Credentials.Bundle.Held!.Version);
        Assert.Single(agent.Loop.Snapshot.Serving);

        await server.StopAsync();
        PutBack(server, kept);
        await server.StartHostAsync();
        // The agent that was refused waits long between its attempts; a new start asks at once.
        await agent.StopAsync();
        agent.Start();
        await agent.UntilAsync(server, s => s.IsLinkUp);
    }

    [Fact]
    public async Task A_certificate_by_an_intermediate_that_counts_no_more_renews_and_does_nothing_else()
    {
        ShiftedTime time = new();
        await using TestServer server = await TestServer.StartAsync(time: time);
        await using TestDevice device = await server.EnrolAsync("press-1");
        await RotateAsync(server, TimeSpan.FromHours(1));
        await device.ConnectAsync(); // the old one counts for an hour
        time.Offset = TimeSpan.FromHours(2);
        MqttConnectOutcome refused = await device.TryConnectAsync();
        Assert.Contains(
            EnrolErrors.CertificateExpired.Code,
            Assert.IsType<MqttConnectOutcome.Failed>(refused).Closed.Message,
            StringComparison.Ordinal);
        (int status, string body) = await device.TryRenewAsync();
        Assert.True(status == 200, body);
        using HttpClient http = device.Http();
        using HttpResponseMessage trust = await http.GetAsync("/v1/trust", server.Ct);
        Assert.False(trust.IsSuccessStatusCode);
    }

    [Fact]
    public async Task The_command_rotates_a_stopped_server_and_refuses_a_running_one_and_a_foreign_root_key()
    {
        await using TestServer server = await TestServer.StartAsync();
        using CliRun cli = new();
        string[] command =
        [
            "server", "rotate-intermediate", "--data", server.Options.DataFolder,
            "--root-key", new OwnerPaths(server.Options.OwnerFolder).RootKey,
        ];
        CliResult refused = await cli.RunAsync(command);
        Assert.Contains("KEDGE-SERVER-002", refused.Error, StringComparison.Ordinal);
        await server.StopAsync();

        using ECDsa foreign = Authority.NewKey();
        string key = cli.Write("foreign.key", foreign.ExportPkcs8PrivateKeyPem());
        refused = await cli.RunAsync([.. command[..^1], key]);
        Assert.Contains("KEDGE-SERVER-012", refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, Held(server).Version);

        CliResult done = await cli.RunAsync(command);
        Assert.True(done.Exit == 0, done.All);
        Assert.Contains("trust bundle 2", done.Out, StringComparison.Ordinal);
        Assert.Equal(2, Held(server).Version);
        await server.StartHostAsync();
        ServerPaths paths = new(server.Options.DataFolder);
        Assert.False(File.Exists(paths.NextIntermediateKey) || File.Exists(paths.NextIntermediateCertificate));
    }

    [Fact]
    public async Task A_bundle_by_a_foreign_root_or_of_another_rotation_keeps_the_server_from_starting()
    {
        await using TestServer server = await TestServer.StartAsync();
        string before = Copy(server);
        await server.StopAsync();
        ServerPaths paths = new(server.Options.DataFolder);
        TrustBundle held = Held(server);
        using (ECDsa foreign = Authority.NewKey())
        {
            await File.WriteAllTextAsync(
                paths.TrustBundle, TrustBundleFormat.Sign(held with { Version = 9 }, foreign), server.Ct);
        }

        await FailsAsync();
        PutBack(server, before);
        using ECDsa root = server.RootKey();
        IntermediateRotation.Rotate(server.Options.DataFolder, root, DateTimeOffset.UtcNow, Month);
        File.Copy(Path.Combine(before, "trust-bundle"), paths.TrustBundle, overwrite: true);
        await FailsAsync();
        PutBack(server, before);
        await server.StartHostAsync();

        async Task FailsAsync()
        {
            KedgeException refused = await Assert.ThrowsAsync<KedgeException>(server.StartHostAsync);
            Assert.Equal(ServerErrors.BadBundle.Code, refused.Finding.Code);
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_rotation_that_was_cut_off_is_ended_by_the_next_start(bool isCommitted, bool isKeyMoved)
    {
        await using TestServer server = await TestServer.StartAsync();
        string before = Copy(server);
        await server.StopAsync();
        using ECDsa root = server.RootKey();
        (_, Digest made) =
            IntermediateRotation.Rotate(server.Options.DataFolder, root, DateTimeOffset.UtcNow, Month);
        string after = Copy(server);

        // As it was when power was lost: the old files, and of the new ones those that were written by then.
        PutBack(server, before);
        ServerPaths paths = new(server.Options.DataFolder);
        File.Copy(Path.Combine(after, "intermediate.crt"), paths.NextIntermediateCertificate);
        string key = isKeyMoved ? paths.IntermediateKey : paths.NextIntermediateKey;
        File.Copy(Path.Combine(after, "intermediate.key"), key, overwrite: true);
        if (isCommitted)
        {
            File.Copy(Path.Combine(after, "trust-bundle"), paths.TrustBundle, overwrite: true);
        }

        await server.StartHostAsync();
        Assert.False(File.Exists(paths.NextIntermediateKey) || File.Exists(paths.NextIntermediateCertificate));
        Assert.Equal(isCommitted, Held(server).Current.Id == made);
        await using RealAgent agent = await RealAgent.EnrolAsync(server, "press-1");
        Assert.Equal(isCommitted, agent.Credentials.Issuer == made);
    }

    private static Digest OwnerOf(RealAgent agent) => Kedge.Agent.Trust.TrustKeeper.Open(
        agent.Disk, agent.Credentials.Identity.OwnerKey, agent.Credentials.Identity.OwnerVersion).Owner.KeyId;

    private static Task PutAsync(TestServer server, byte[] envelope) =>
        server.Client.PutSigningPolicyAsync(System.Text.Encoding.UTF8.GetString(envelope), server.Ct);

    private static async Task<RealAgent> ServingAsync(TestServer server)
    {
        await TestPackage.PushAsync(server, "bearing", "v1", 1);
        await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
        RealAgent agent = await RealAgent.EnrolAsync(server, "press-1", ("line", "press"));
        agent.Start();
        await agent.UntilAsync(server, static s => s.IsLinkUp && s.Serving.Count == 1);
        return agent;
    }

    /// <summary>Stops the server, rotates, and starts it on the same ports.</summary>
    private static async Task<Digest> RotateAsync(TestServer server, TimeSpan keepOld)
    {
        await server.StopAsync();
        using ECDsa root = server.RootKey();
        (_, Digest made) = IntermediateRotation.Rotate(
            server.Options.DataFolder, root, server.Time.GetUtcNow(), keepOld);
        await server.StartHostAsync();
        return made;
    }

    private static TrustBundle Held(TestServer server)
    {
        ServerPaths paths = new(server.Options.DataFolder);
        using X509Certificate2 root = X509CertificateLoader.LoadCertificateFromFile(paths.RootCertificate);
        return IntermediateRotation.ReadBundle(paths, root).Bundle!;
    }

    /// <summary>Copies the keys and certificates of the data folder, as a thief or a backup does.</summary>
    private static string Copy(TestServer server)
    {
        string folder = Directory.CreateDirectory(
            Path.Combine(server.Folder, "copy-" + Guid.NewGuid().ToString("N"))).FullName;
        foreach (string file in new ServerPaths(server.Options.DataFolder).KeyFiles.Where(File.Exists))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }

    private static void PutBack(TestServer server, string folder)
    {
        foreach (string file in Directory.GetFiles(folder))
        {
            File.Copy(file, Path.Combine(server.Options.DataFolder, Path.GetFileName(file)), overwrite: true);
        }
    }
}
