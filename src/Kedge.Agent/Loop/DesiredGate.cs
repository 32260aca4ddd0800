using Kedge.Agent.Trust;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Wire;
using Kedge.Wire.Desired;
using Kedge.Wire.Signing;

namespace Kedge.Agent.Loop;

/// <summary>
/// The door of every desired state: form, signature by a certified key, form of the content, and whom it is meant for.
/// What does not pass changes nothing and is reported; a signature by a key that is not known asks for the trust
/// documents once before it is refused. Deliveries are taken one after the other. A state that the disk could not keep,
/// or
/// whose key is not known yet, is looked at again every minute: the link may stay up for weeks and bring it once.
/// </summary>
internal sealed class DesiredGate(
    LoopParts parts, TrustKeeper trust, IArtifactSource source, Func<DesiredState, Digest, Finding?> accept)
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(30);

    // A key that nobody certified within half an hour is a stranger's.
    private const int UnknownTriesMax = 30;
    private readonly Queue<Held> _waiting = new();
    private readonly List<Held> _later = [];
    private bool _isAsking;
    private TimeSpan? _askedAt;

    /// <summary>Why the last desired state was not accepted; null when it was.</summary>
    internal Finding? Refused { get; private set; }

    /// <summary>False until the machine has taken its first event; deliveries wait until then.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>Called when a state was refused.</summary>
    internal Action<Finding>? OnRefused { get; init; }

    internal void Take(LinkDelivery delivery) => Enqueue(new Held(delivery));

    /// <summary>
    /// Takes once more what could not be saved or was signed by a key that is not known: disk and trust may be well
    /// again.
    /// </summary>
    internal void Retry(CancellationToken cancel)
    {
        if (_waiting.Count > 0 || _later.Count == 0)
        {
            return;
        }

        _later.ForEach(Enqueue);
        _later.Clear();
        Pump(cancel);
    }

    internal void Pump(CancellationToken cancel)
    {
        while (IsOpen && !_isAsking && _waiting.TryPeek(out Held? held))
        {
            Finding? finding = Judge(held.Delivery.Payload, out DesiredState? state, out Digest content);
            bool mayAsk = _askedAt is null || parts.Clock.Now - _askedAt >= AskAgainAfter;
            if (finding?.Code == WireErrors.UnknownKey.Code && mayAsk)
            {
                Ask(cancel);
                return;
            }

            _ = _waiting.Dequeue();
            finding ??= accept(state!, content); // Judge gives a finding or a state.
            Answer(held, finding, cancel);
        }
    }

    private void Enqueue(Held held)
    {
        _waiting.Enqueue(held);
        while (_waiting.Count > AgentLimits.DeliveriesMax)
        {
            // Only the newest matters; one that is not acknowledged is sent again on the next connection.
            _ = _waiting.Dequeue();
        }
    }

    private void Answer(Held held, Finding? finding, CancellationToken cancel)
    {
        bool isUnsaved = finding?.Code == State.LedgerErrors.NotSaved.Code;
        bool isUnknown = finding?.Code == WireErrors.UnknownKey.Code;
        if (!isUnknown || held.Tries == 0)
        {
            // A stranger's that is looked at again says nothing new.
            if (finding is not null && finding != Refused)
            {
                OnRefused?.Invoke(finding);
            }

            Refused = finding;
        }

        if (!isUnsaved && !held.IsAcknowledged)
        {
            parts.Mailbox.Run(_ => held.Delivery.AcknowledgeAsync(), null, cancel);
        }

        if (isUnsaved || (isUnknown && held.Tries < UnknownTriesMax))
        {
            _later.Add(held with { Tries = held.Tries + 1, IsAcknowledged = !isUnsaved });
            _later.RemoveRange(0, Math.Max(0, _later.Count - AgentLimits.DeliveriesMax));
        }
    }

    private void Ask(CancellationToken cancel)
    {
        _isAsking = true;
        _askedAt = parts.Clock.Now;
        parts.Mailbox.Run(
            source.GetTrustAsync,
            outcome =>
            {
                _isAsking = false;
                if (outcome is FetchOutcome.Done done)
                {
                    foreach (Finding finding in trust.Offer(done.Bytes.Span))
                    {
                        OnRefused?.Invoke(finding);
                    }
                }
            },
            cancel);
    }

    private Finding? Judge(ReadOnlyMemory<byte> payload, out DesiredState? state, out Digest content)
    {
        state = null;
        content = default;
        if (SignedMessage.TryParse(payload, out Finding? finding) is not { } message)
        {
            return finding;
        }

        finding = message.Verify(trust.DesiredKeys);
        if (finding is not null)
        {
            return finding;
        }

        // Over the signed line alone: the same state signed once more is the same state.
        content = Digest.Of(message.Body.Span);
        state = DesiredMessage.TryRead(message.Body, out finding);
        if (state is null)
        {
            return finding;
        }

        AgentIdentity us = parts.Identity;
        return state.Tenant == us.Tenant && state.Device == us.Device && state.DeviceKey == us.DeviceKey
            ? null
            : WireErrors.NotForUs.At(
                $"it is for {state.Tenant}/{state.Device} with key {state.DeviceKey.Short}, "
                + $"this is {us.Tenant}/{us.Device} with key {us.DeviceKey.Short}");
    }

    /// <summary>A delivery, and how often it was looked at.</summary>
    private sealed record Held(LinkDelivery Delivery, int Tries = 0, bool IsAcknowledged = false);
}
