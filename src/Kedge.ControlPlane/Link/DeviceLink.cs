using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Loops;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Store.Contracts;
using Kedge.Wire;
using Kedge.Wire.Reported;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Link;

/// <summary>
/// What the control plane answers on the device link, whatever carries it.
/// <para>Problem: thousands of devices connect, vanish, reconnect and resend; some with the certificate of
/// another.</para>
/// <para>Approach: the store decides who is who. A connection is admitted by the enrolled key and gets an epoch; a
/// report is acknowledged only after it is committed, and dropped when it was committed before; the desired state is
/// never pushed from memory but read from its row.</para>
/// <para>Invariants: a device reads and writes its own topics only; the newest connection of a device is the one that
/// counts; nothing acknowledged is lost.</para>
/// <para>It deliberately keeps no queue of messages for devices that are away.</para>
/// </summary>
public sealed partial class DeviceLink(
    IKedgeStore store, LinkOptions options, DeviceSessions sessions, Wakeups wakeups, TimeProvider time, ILogger log)
{
    /// <summary>Answers to questions that were put to devices.</summary>
    public Hands Hands { get; } = new(sessions, time);

    /// <summary>Figures that devices told, on their way to the store.</summary>
    public FiguresIntake Figures { get; } = new(store, options.Tenant, wakeups.Figures, time);

    /// <summary>A connection whose TLS handshake proved a certificate.</summary>
    /// <param name="certificate">What was shown.</param>
    /// <param name="connection">The way to the device.</param>
    /// <param name="ct">Ends with the connection.</param>
    public async ValueTask<LinkAdmission> ConnectAsync(
        X509Certificate2? certificate, IDeviceConnection connection, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        Finding? finding =
            options.Certificates.Judge(certificate, now, acceptExpired: false, out DeviceIdentity identity);
        if (finding is null && certificate is not null)
        {
            return await AdmitAsync(
                identity, DeviceCertificateCheck.KeyOf(certificate), certificate.SerialNumber, connection, ct)
                .ConfigureAwait(false);
        }

        return Refuse(identity, finding ?? EnrolErrors.NoCertificate.At("no certificate was shown"));
    }

    /// <summary>A connection whose identity is proven: by <see cref="ConnectAsync"/>, or by the simulator.</summary>
    public async ValueTask<LinkAdmission> AdmitAsync(
        DeviceIdentity identity, Digest key, string serial, IDeviceConnection connection, CancellationToken ct)
    {
        if (identity.Tenant != options.Tenant)
        {
            return Refuse(identity, EnrolErrors.ForeignCertificate.At($"tenant {identity.Tenant} is not served here"));
        }

        CertificateRow? known =
            await store.Certificates.FindAsync(identity.Tenant, serial, ct).ConfigureAwait(false);
        if (known is { RevokedAtMs: > 0 })
        {
            return Refuse(
                identity, EnrolErrors.Revoked.At($"certificate {serial} was revoked: {known.RevokedBecause}"));
        }

        DeviceConnection opened = new(identity.Device, key, options.Replica, NowMs());
        ConnectOutcome outcome = await store.Devices.ConnectAsync(identity.Tenant, opened, ct).ConfigureAwait(false);
        if (outcome is not ConnectOutcome.Opened accepted)
        {
            return Refuse(identity, FindingOf(outcome, identity));
        }

        DeviceSession session = new(identity, key, connection, accepted.Epoch);
        DeviceSession? before = sessions.Open(session);
        if (before is not null)
        {
            await TakeOverAsync(before, ct).ConfigureAwait(false);
        }

        DeviceConnected(identity.ToString(), accepted.Epoch);
        return new LinkAdmission.Admitted(session);
    }

    /// <summary>
    /// True when the device may subscribe to this topic; what it asks for is then sent by the send loop.
    /// </summary>
    public bool Subscribe(DeviceSession session, string filter)
    {
        if (filter == Topics.Of(session.Identity.Tenant, session.Identity.Device, Topics.Desired))
        {
            sessions.Subscribe(session, subscribed: true);
            wakeups.Send.Wake();
            return true;
        }

        return filter == Topics.Of(session.Identity.Tenant, session.Identity.Device, Hands.AskLeaf);
    }

    /// <summary>The device gives up a topic.</summary>
    public void Unsubscribe(DeviceSession session, string filter)
    {
        if (filter == Topics.Of(session.Identity.Tenant, session.Identity.Device, Topics.Desired))
        {
            sessions.Subscribe(session, subscribed: false);
        }
    }

    /// <summary>
    /// A message of the device. The answer is given when it is durable, not before; figures, which are told again and
    /// again, are answered once they are taken.
    /// </summary>
    public async ValueTask<LinkAnswer> PublishAsync(
        DeviceSession session, string topic, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        if (!Topics.TryParse(topic, out TenantId tenant, out DeviceId device, out string leaf)
            || tenant != session.Identity.Tenant || device != session.Identity.Device)
        {
            return LinkAnswer.NotAllowed;
        }

        if (leaf == Hands.AnswerLeaf)
        {
            return Hands.TryAnswer(session, payload) ? LinkAnswer.Committed : LinkAnswer.Malformed;
        }

        if (leaf == Topics.Telemetry)
        {
            return await TakeFiguresAsync(session, payload, ct).ConfigureAwait(false);
        }

        if (leaf != Topics.Reported)
        {
            return LinkAnswer.NotAllowed;
        }

        if (UpMessageFormat.TryRead(payload.Span, out Finding? finding) is not UpMessage message)
        {
            ReportRefused(session.Identity.ToString(), finding?.Message ?? "");
            return LinkAnswer.Malformed;
        }

        return await CommitAsync(session, message, ct).ConfigureAwait(false);
    }

    /// <summary>The connection has ended; the presence sweep records it.</summary>
    public void Disconnected(DeviceSession session)
    {
        DeviceDisconnected(session.Identity.ToString(), session.Epoch);
        sessions.Ended(session);
        wakeups.Presence.Wake();
    }

    private async ValueTask<LinkAnswer> CommitAsync(DeviceSession session, UpMessage message, CancellationToken ct)
    {
        ReportCommit report = new()
        {
            Device = session.Identity.Device,
            Incarnation = message.Incarnation,
            Sequence = message.Sequence,
            ReceivedAtMs = NowMs(),
            Body = BodyOf(session.Identity.Device, message),
        };
        ReportVerdict verdict =
            await store.Reports.CommitAsync(session.Identity.Tenant, report, ct).ConfigureAwait(false);
        switch (verdict)
        {
            case ReportVerdict.Committed:
                // Only what can change a plan wakes the planner: new facts, or a generation that we do not know.
                if (report.Body is ReportBody.Facts
                    || (report.Body is ReportBody.Status status && status.Generation.CompareTo(session.Sent) > 0))
                {
                    wakeups.Floor.Wake();
                }

                return LinkAnswer.Committed;
            case ReportVerdict.Duplicate:
                return LinkAnswer.Committed;
            case ReportVerdict.UnknownDevice:
                return Close(session, EnrolErrors.UnknownDevice.At($"{session.Identity.Device} is not known"));
            case ReportVerdict.Revoked:
                return Close(session, EnrolErrors.Revoked.At($"{session.Identity.Device} was revoked"));
            case ReportVerdict.OtherIncarnation:
                return Close(
                    session, EnrolErrors.OtherKey.At($"another installation holds the name {session.Identity.Device}"));
            case ReportVerdict.Unknown:
            default:
                throw Check.Unreachable(verdict);
        }
    }

    private async ValueTask<LinkAnswer> TakeFiguresAsync(
        DeviceSession session, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        if (FiguresFormat.TryRead(payload.Span, out Finding? finding) is not var (workload, windows))
        {
            ReportRefused(session.Identity.ToString(), finding?.Message ?? "");
            return LinkAnswer.Malformed;
        }

        await Figures.TakeAsync(session, workload, windows, ct).ConfigureAwait(false);
        return LinkAnswer.Committed;
    }

    private ReportBody BodyOf(DeviceId device, UpMessage message)
    {
        if (message.Status is { } status)
        {
            string json = JsonSerializer.Serialize(status, WireJson.Default.StatusMessage);
            return new ReportBody.Status(json, new Generation(Math.Max(0, status.Generation)), status.Settled);
        }

        if (message.Facts is { } facts)
        {
            return new ReportBody.Facts(JsonSerializer.Serialize(facts, WireJson.Default.DeviceFacts));
        }

        EventMessage happening = message.Event ?? throw Check.Unreachable(message.Sequence);
        return new ReportBody.Happening(new EventWrite
        {
            AtMs = NowMs(),
            Device = device,
            Deployment = DeploymentId.TryParse(happening.Workload, out DeploymentId id) ? id : null,
            Reason = happening.Reason.Length is > 0 and <= 63 ? happening.Reason : "Unnamed",
            Message = happening.Message,
            Warning = happening.Warning,
            Code = happening.Code.Length <= 63 ? happening.Code : "",
        });
    }

    private async ValueTask TakeOverAsync(DeviceSession before, CancellationToken ct)
    {
        Finding why = EnrolErrors.Cloned.At($"a newer connection of {before.Identity.Device} was opened");
        DeviceTakenOver(before.Identity.ToString(), before.Epoch);
        before.Connection.Close(why);
        EventWrite happening = new()
        {
            AtMs = NowMs(),
            Device = before.Identity.Device,
            Reason = "ConnectionTakenOver",
            Message = "A second connection with the device's certificate replaced the one that was open.",
            Code = why.Code,
            Warning = true,
        };
        await store.Events.AppendAsync(before.Identity.Tenant, [happening], ct).ConfigureAwait(false);
    }

    private LinkAnswer Close(DeviceSession session, Finding why)
    {
        ReportRefused(session.Identity.ToString(), why.ToString());
        session.Connection.Close(why);
        return LinkAnswer.Closing;
    }

    private LinkAdmission.Refused Refuse(DeviceIdentity identity, Finding why)
    {
        DeviceRefused(identity.ToString(), why.Code, why.Message);
        return new LinkAdmission.Refused(why);
    }

    private static Finding FindingOf(ConnectOutcome outcome, DeviceIdentity identity) => outcome switch
    {
        ConnectOutcome.UnknownDevice => EnrolErrors.UnknownDevice.At($"{identity.Device} is not known"),
        ConnectOutcome.OtherKey => EnrolErrors.OtherKey.At($"{identity.Device} has enrolled with another key"),
        ConnectOutcome.Revoked => EnrolErrors.Revoked.At($"{identity.Device} was revoked"),
        ConnectOutcome.Opened => throw Check.Unreachable(outcome),
        _ => throw Check.Unreachable(outcome),
    };

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(EventIds.DeviceConnected, LogLevel.Information, "Device {Device} connected, epoch {Epoch}")]
    private partial void DeviceConnected(string device, long epoch);

    [LoggerMessage(EventIds.DeviceRefused, LogLevel.Warning, "Device {Device} refused: {Code} {Reason}")]
    private partial void DeviceRefused(string device, string code, string reason);

    [LoggerMessage(EventIds.DeviceDisconnected, LogLevel.Information, "Device {Device} disconnected, epoch {Epoch}")]
    private partial void DeviceDisconnected(string device, long epoch);

    [LoggerMessage(EventIds.DeviceTakenOver, LogLevel.Warning,
        "Device {Device} connected again while epoch {Epoch} was open; the newer one is kept")]
    private partial void DeviceTakenOver(string device, long epoch);

    [LoggerMessage(EventIds.ReportRefused, LogLevel.Warning, "Report of {Device} refused: {Reason}")]
    private partial void ReportRefused(string device, string reason);
}

/// <summary>What the link needs to know.</summary>
/// <param name="Tenant">The tenant that is served.</param>
/// <param name="Replica">Name of this server among replicas.</param>
/// <param name="Certificates">Judges certificates.</param>
public sealed record LinkOptions(TenantId Tenant, string Replica, DeviceCertificateCheck Certificates);
