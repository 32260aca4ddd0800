using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Fleet;
using Kedge.Core.Models;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Transport;
using Kedge.Wire;
using Kedge.Wire.Desired;
using Kedge.Wire.Enrolment;
using Kedge.Wire.Reported;
using Kedge.Wire.Signing;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>
/// A device as the server sees it: a key, a certificate, HTTPS and the link. Not an agent: it does what a test says.
/// </summary>
internal sealed class TestDevice(TestServer server, string name) : IAsyncDisposable
{
    private long _sequence;

    public ECDsa Key { get; set; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Name => name;

    public string Incarnation { get; set; } = Guid.NewGuid().ToString("N");

    public EnrolResponse? Enrolment { get; private set; }

    public MqttClientConnection? Link { get; private set; }

    public ConcurrentQueue<MqttPacket.Publish> Received { get; } = new();

    /// <summary>The same device facing another server: same key, certificate and sequence.</summary>
    public TestDevice On(TestServer other) => new(other, name)
    {
        Key = Key,
        Incarnation = Incarnation,
        Enrolment = Enrolment,
        _sequence = _sequence,
    };

    public static string Csr(ECDsa key, string subject = "CN=whatever") =>
        new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    /// <summary>Asks to enrol and gives back status and body, whatever they are.</summary>
    public async Task<(int Status, string Body)> TryEnrolAsync(string token, string? csr = null)
    {
        using HttpClient http = server.Bare();
        EnrolRequest request = new()
        {
            Token = token,
            Device = name,
            CsrPem = csr ?? Csr(Key),
            Incarnation = Incarnation,
        };
        using HttpResponseMessage response =
            await http.PostAsJsonAsync("/v1/enrol", request, WireJson.Default.EnrolRequest, server.Ct);
        string body = await response.Content.ReadAsStringAsync(server.Ct);
        if (response.IsSuccessStatusCode)
        {
            Enrolment = JsonSerializer.Deserialize(body, WireJson.Default.EnrolResponse);
        }

        return ((int)response.StatusCode, body);
    }

    public async Task EnrolAsync(string token)
    {
        (int status, string body) = await TryEnrolAsync(token);
        Assert.True(status == 200, body);
    }

    public async Task<(int Status, string Body)> TryRenewAsync(
        string? csr = null, string? certificate = null)
    {
        using HttpClient http = server.Bare();
        RenewRequest request = new()
        {
            CsrPem = csr ?? Csr(Key),
            CertificatePem = certificate ?? Enrolment!.CertificateChainPem,
        };
        using HttpResponseMessage response =
            await http.PostAsJsonAsync("/v1/renew", request, WireJson.Default.RenewRequest, server.Ct);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(server.Ct));
    }

    public X509Certificate2 Certificate()
    {
        using X509Certificate2 bare = X509Certificate2.CreateFromPem(Enrolment!.CertificateChainPem);
        return bare.CopyWithPrivateKey(Key);
    }

    public HttpClient Http() => server.Bare(Certificate());

    public async Task<MqttConnectOutcome> TryConnectAsync(X509Certificate2? certificate = null)
    {
        X509Certificate2 shown = certificate ?? Certificate();
        TcpClient tcp = new() { NoDelay = true };
        await tcp.ConnectAsync("127.0.0.1", server.Host.LinkPort, server.Ct);
        SslStream tls = new(tcp.GetStream());
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(server.Context.RootPem));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = SslProtocols.Tls13,
                CertificateChainPolicy = policy,
                ClientCertificates = [shown],
                LocalCertificateSelectionCallback = (_, _, _, _, _) => shown,
            },
            server.Ct);
        MqttClientOptions options = new()
        {
            Session = new MqttClientSessionOptions { ClientId = name, KeepAliveSeconds = 30 },
            OnMessage = (message, _) =>
            {
                Received.Enqueue(message.Message);
                message.Acknowledge();
                return ValueTask.CompletedTask;
            },
        };
        return await MqttClientConnection.ConnectAsync(tls, options, TimeProvider.System, server.Ct);
    }

    public async Task ConnectAsync(bool subscribe = true)
    {
        MqttConnectOutcome outcome = await TryConnectAsync();
        Link = Assert.IsType<MqttConnectOutcome.Connected>(outcome).Connection;
        if (subscribe)
        {
            Assert.Equal(MqttReasonCode.GrantedQos1, Assert.Single(await SubscribeAsync(Topic(Topics.Desired))));
        }
    }

    public async Task<ImmutableArray<MqttReasonCode>> SubscribeAsync(string filter)
    {
        MqttSubscribeOutcome outcome =
            await Link!.SubscribeAsync([new MqttSubscription(filter, MqttQos.AtLeastOnce)], server.Ct);
        return Assert.IsType<MqttSubscribeOutcome.Answered>(outcome).Reasons;
    }

    public string Topic(string leaf) => Topics.Of(TenantId.Default, new DeviceId(name), leaf);

    public async Task<MqttReasonCode> PublishAsync(string topic, byte[] payload)
    {
        MqttPublishOutcome outcome =
            await Link!.PublishAsync(topic, payload, MqttQos.AtLeastOnce, server.Ct);
        return Assert.IsType<MqttPublishOutcome.Answered>(outcome).Reason;
    }

    public Task<MqttReasonCode> ReportAsync(UpMessage message) =>
        PublishAsync(Topic(Topics.Reported), UpMessageFormat.Write(message));

    public UpMessage Next() => new() { Incarnation = Incarnation, Sequence = ++_sequence, SentAtMs = 1 };

    /// <summary>A machine that any deployment of these tests fits on.</summary>
    public Task<MqttReasonCode> ReportFactsAsync(
        string architecture = "x64", params ImmutableArray<string> isaFeatures) =>
        ReportAsync(Next() with { Facts = Machine with { Architecture = architecture, IsaFeatures = isaFeatures } });

    /// <summary>A machine that any deployment of these tests fits on.</summary>
    public static DeviceFacts Machine { get; } = new()
    {
        Architecture = "x64",
        Cpus = [new CpuFacts(0, 0, 0, 0, 0), new CpuFacts(1, 1, 0, 0, 0)],
        MemoryBytes = 4L << 30,
        MemoryAvailableBytes = 3L << 30,
        DataFreeBytes = 10L << 30,
        Runtimes = [new RuntimeFacts(ModelFormat.Onnx, "1.30.0")],
        Sandbox = "runc 1.1.5",
        AgentVersion = "0.1.0",
    };

    public Task<MqttReasonCode> ReportStatusAsync(long generation, params WorkloadStatus[] workloads) =>
        ReportAsync(Next() with
        {
            Status = new StatusMessage
            {
                Generation = generation,
                Settled = true,
                AgentVersion = "0.1.0",
                Workloads = workloads,
            },
        });

    /// <summary>The newest desired state that came over the link, its signature checked as a device does.</summary>
    public DesiredState? Desired()
    {
        MqttPacket.Publish? last = Received.LastOrDefault(m => m.Topic == Topic(Topics.Desired));
        if (last is null)
        {
            return null;
        }

        Assert.True(TrustedKey.TryParse(Enrolment!.OwnerKey, out TrustedKey? owner));
        DesiredKeys keys = DesiredKeys.TryRead(
            System.Text.Encoding.UTF8.GetBytes(Enrolment.Trust.DesiredKeys), owner, out _)
            ?? throw new InvalidOperationException("the list of keys is not the owner's");
        SignedMessage signed = SignedMessage.TryParse(last.Payload, out _)
            ?? throw new InvalidOperationException("not signed");
        Assert.Null(signed.Verify(keys.Keys.ToDictionary(k => k.KeyId, k => Convert.FromBase64String(k.PublicKey))));
        DesiredState state = DesiredMessage.TryRead(signed.Body, out _)
            ?? throw new InvalidOperationException("cannot be read");
        Assert.Equal(Digest.Of(Key.ExportSubjectPublicKeyInfo()), state.DeviceKey);
        Assert.Equal(name, state.Device.ToString());
        return state;
    }

    public async Task<DesiredState> UntilDesiredAsync(Func<DesiredState, bool> holds) =>
        (await server.UntilAsync(
            () => Task.FromResult(Desired()),
            s => s is not null && holds(s),
            s => s is null ? "nothing was sent" : $"{name}@{s.Generation} has {s.Workloads.Length} workloads"))!;

    public async ValueTask DisposeAsync()
    {
        if (Link is not null)
        {
            await Link.DisposeAsync();
        }

        Key.Dispose();
    }
}
