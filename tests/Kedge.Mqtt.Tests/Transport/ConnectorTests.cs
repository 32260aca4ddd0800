using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Tests.Support;
using Kedge.Mqtt.Transport;

namespace Kedge.Mqtt.Tests.Transport;

public sealed class ConnectorTests
{
    [Fact]
    public async Task A_device_connects_over_tls_1_3_with_its_certificate()
    {
        using X509Certificate2 serverCertificate = Certificate("server");
        using X509Certificate2 deviceCertificate = Certificate("press-1");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var handler = new ScriptedHandler();
        Task<string> serving = ServeAsync(listener, serverCertificate, handler);

        MqttDialOutcome dialled = await MqttConnector.DialAsync(
            Options(listener, deviceCertificate, serverCertificate.Thumbprint), TimeProvider.System, default)
            .InTimeAsync("TLS");
        Stream stream = Assert.IsType<MqttDialOutcome.Reached>(dialled).Stream;
        MqttConnectOutcome outcome = await MqttClientConnection.ConnectAsync(
            stream, new MqttClientOptions { OnMessage = new Inbox().TakeAsync }, TimeProvider.System, default)
            .InTimeAsync("CONNACK");
        MqttClientConnection client = Assert.IsType<MqttConnectOutcome.Connected>(outcome).Connection;
        Assert.True((await client.PublishAsync("t", new byte[70_000], MqttQos.AtLeastOnce, default)
            .InTimeAsync("PUBACK")).IsTaken);
        await client.DisposeAsync();
        Assert.Equal("CN=press-1 Tls13", await serving.InTimeAsync("the server's end"));
    }

    [Fact]
    public async Task A_server_that_the_caller_does_not_trust_is_refused_with_a_code()
    {
        using X509Certificate2 serverCertificate = Certificate("server");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<string> serving = ServeAsync(listener, serverCertificate, new ScriptedHandler());
        MqttDialOutcome dialled = await MqttConnector.DialAsync(
            Options(listener, null, "another"), TimeProvider.System, default).InTimeAsync("TLS");
        Assert.Equal("KEDGE-MQTT-002", Assert.IsType<MqttDialOutcome.Failed>(dialled).Finding.Code);

        // In TLS 1.3 the server may have finished its handshake before the client refuses.
        await Record.ExceptionAsync(() => serving).InTimeAsync("the server's end");
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_unreachable_with_a_code()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        MqttConnectorOptions options = Options(listener, null, "any");
        listener.Stop();
        MqttDialOutcome dialled = await MqttConnector.DialAsync(options, TimeProvider.System, default);
        Assert.Equal("KEDGE-MQTT-001", Assert.IsType<MqttDialOutcome.Failed>(dialled).Finding.Code);
    }

    private static MqttConnectorOptions Options(
        TcpListener listener, X509Certificate2? certificate, string trustedThumbprint) => new()
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)listener.LocalEndpoint).Port,
            ServerName = "server",
            ClientCertificate = certificate,
            ValidateServer = (_, presented, _, _) =>
                presented is X509Certificate2 server && server.Thumbprint == trustedThumbprint,
        };

    private static async Task<string> ServeAsync(
        TcpListener listener, X509Certificate2 certificate, IMqttServerHandler handler)
    {
        Socket socket = await listener.AcceptSocketAsync();
        await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
        string who = $"{tls.RemoteCertificate?.Subject} {tls.SslProtocol}";
        await MqttServerConnection.RunAsync(tls, handler, new MqttServerOptions(), TimeProvider.System, default);
        return who;
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
