using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Transport;

namespace Kedge.ControlPlane.Tests.Server;

public class EnrolmentTests
{
    [Fact]
    public async Task A_token_lets_one_device_in_and_a_second_one_is_told_that_it_is_used_up()
    {
        await using TestServer server = await TestServer.StartAsync();
        string token = await server.TokenAsync();
        await using TestDevice first = new(server, "press-1");
        await using TestDevice second = new(server, "press-2");
        await first.EnrolAsync(token);
        (int status, string body) = await second.TryEnrolAsync(token);
        Assert.Equal(403, status);
        Assert.Contains("KEDGE-ENROL-004", body, StringComparison.Ordinal);

        // The first device asks again: its answer was lost. The token is not asked twice for the same key.
        await first.EnrolAsync(token);
        using X509Certificate2 certificate = first.Certificate();
        Assert.Equal("CN=press-1", certificate.Subject);
        Assert.True(DeviceIdentity.TryRead(certificate, out DeviceIdentity identity));
        Assert.Equal(new DeviceIdentity(TenantId.Default, new DeviceId("press-1")), identity);
    }

    [Fact]
    public async Task Expired_foreign_fixed_and_garbled_tokens_are_refused_each_with_its_code()
    {
        ShiftedTime time = new();
        await using TestServer server = await TestServer.StartAsync(time: time);
        await using TestServer other = await TestServer.StartAsync();
        await using TestDevice device = new(server, "press-1");
        string expiring = await server.TokenAsync(new EnrollmentTokenRequest { LifetimeSeconds = 60 });
        string fixedName = await server.TokenAsync(new EnrollmentTokenRequest { Device = "mill-9" });
        time.Offset = TimeSpan.FromMinutes(2);

        await RefusedAsync(expiring, "KEDGE-ENROL-003", 403);
        await RefusedAsync(fixedName, "KEDGE-ENROL-005", 403);
        await RefusedAsync(await other.TokenAsync(), "KEDGE-ENROL-002", 403);
        await RefusedAsync("kedge-enrol-v1.!!", "KEDGE-ENROL-001", 400);
        await RefusedAsync("", "KEDGE-ENROL-001", 400);
        Assert.Empty((await server.Client.ListDevicesAsync("", server.Ct)).Items);

        async Task RefusedAsync(string token, string code, int expected)
        {
            (int status, string body) = await device.TryEnrolAsync(token);
            Assert.Equal(expected, status);
            Assert.Contains(code, body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_request_that_its_key_did_not_sign_or_of_another_curve_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = new(server, "press-1");
        string token = await server.TokenAsync();
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        string good = TestDevice.Csr(device.Key);
        byte[] der = Convert.FromBase64String(
            string.Concat(good.Split('\n').Where(l => !l.StartsWith('-'))));
        der[^1] ^= 1;
        string tampered = PemEncoding.WriteString("CERTIFICATE REQUEST", der);
        foreach (string csr in new[] { TestDevice.Csr(p384), tampered, "not a request", "" })
        {
            (int status, string body) = await device.TryEnrolAsync(token, csr);
            Assert.Equal(400, status);
            Assert.Contains("KEDGE-ENROL-007", body, StringComparison.Ordinal);
        }

        await device.EnrolAsync(token); // nothing of it has used the token up
    }

    [Fact]
    public async Task A_name_that_is_held_is_not_given_away()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice first = await server.EnrolAsync("press-1");
        await using TestDevice thief = new(server, "press-1");
        (int status, string body) = await thief.TryEnrolAsync(await server.TokenAsync());
        Assert.Equal(409, status);
        Assert.Contains("KEDGE-ENROL-006", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_certificate_renews_with_the_enrolled_key_and_with_no_other()
    {
        ShiftedTime time = new();
        await using TestServer server = await TestServer.StartAsync(time: time);
        await using TestDevice device = await server.EnrolAsync("press-1");
        time.Offset = TimeSpan.FromDays(30);

        MqttConnectOutcome refused = await device.TryConnectAsync();
        MqttClosed closed = Assert.IsType<MqttConnectOutcome.Failed>(refused).Closed;
        Assert.Contains("KEDGE-ENROL-009", closed.Message, StringComparison.Ordinal);

        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        (int status, string body) = await device.TryRenewAsync(TestDevice.Csr(stranger));
        Assert.Equal(403, status);
        Assert.Contains("KEDGE-ENROL-011", body, StringComparison.Ordinal);

        (status, body) = await device.TryRenewAsync();
        Assert.True(status == 200, body);

        await server.Client.RevokeDeviceAsync("press-1", server.Ct);
        (status, body) = await device.TryRenewAsync();
        Assert.Equal(403, status);
        Assert.Contains("KEDGE-ENROL-010", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused_everywhere()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestServer other = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        await using TestDevice foreign = await other.EnrolAsync("press-1");
        using X509Certificate2 certificate = foreign.Certificate();

        MqttConnectOutcome refused = await device.TryConnectAsync(certificate);
        Assert.Contains(
            "KEDGE-ENROL-008",
            Assert.IsType<MqttConnectOutcome.Failed>(refused).Closed.Message,
            StringComparison.Ordinal);
        using HttpClient http = server.Bare(certificate);
        using HttpResponseMessage response = await http.GetAsync("/v1/trust", server.Ct);
        Assert.Equal(401, (int)response.StatusCode);
        (int status, string body) =
            await device.TryRenewAsync(TestDevice.Csr(foreign.Key), foreign.Enrolment!.CertificateChainPem);
        Assert.Equal(403, status);
        Assert.Contains("KEDGE-ENROL-008", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_hardware_takes_over_a_name_and_the_old_one_is_locked_out()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice old = await server.EnrolAsync("press-1", ("line", "press"));
        await old.ConnectAsync();
        EnrollmentTokenResource token = await server.Client.ReplaceDeviceAsync("press-1", server.Ct);
        await old.Link!.Closed.WaitAsync(TestServer.Deadline, server.Ct);

        await using TestDevice fresh = new(server, "press-1");
        await fresh.EnrolAsync(token.Token!);
        await fresh.ConnectAsync();
        Assert.IsType<MqttConnectOutcome.Failed>(await old.TryConnectAsync());
        DeviceResource shown = await server.Client.GetDeviceAsync("press-1", server.Ct);
        Assert.Equal("press", shown.Labels["line"]);
        Assert.False(shown.Revoked);
        Assert.Equal(Digest.Of(fresh.Key.ExportSubjectPublicKeyInfo()).ToString(), shown.KeyId);
    }

    [Fact]
    public async Task A_revoked_device_is_cut_off_and_cannot_come_back()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        await device.ConnectAsync();
        await server.Client.RevokeDeviceAsync("press-1", server.Ct);
        MqttClosed closed = await device.Link!.Closed.WaitAsync(TestServer.Deadline, server.Ct);
        Assert.Equal(MqttReasonCode.AdministrativeAction, closed.Reason);
        MqttConnectOutcome again = await device.TryConnectAsync();
        Assert.Contains(
            "KEDGE-ENROL-010",
            Assert.IsType<MqttConnectOutcome.Failed>(again).Closed.Message,
            StringComparison.Ordinal);
        using HttpClient http = device.Http();
        using HttpResponseMessage response = await http.GetAsync("/v1/trust", server.Ct);
        Assert.Equal(403, (int)response.StatusCode);
    }
}
