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
/// documents once before it is refused. Deliveries are taken one after the other.
/// </summary>
internal sealed class DesiredGate(
    LoopParts parts, TrustKeeper trust, IArtifactSource source, Func<DesiredState, Digest, Finding?> accept)
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(30);
    private readonly Queue<LinkDelivery> _waiting = new();
    private LinkDelivery? _unsaved;
    private bool _isAsking;
    private TimeSpan? _askedAt;

    /// <summary>Why the last desired state was not accepted; null when it was.</summary>
    internal Finding? Refused { get; private set; }

    /// <summary>False until the machine has taken its first event; deliveries wait until then.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>Called when a state was refused.</summary>
    internal Action<Finding>? OnRefused { get; init; }

    internal void Take(LinkDelivery delivery)
    {
        _waiting.Enqueue(delivery);
        while (_waiting.Count > AgentLimits.DeliveriesMax)
        {
            // Only the newest matters; one that is not acknowledged is sent again on the next connection.
            _ = _waiting.Dequeue();
        }
    }

    /// <summary>
    /// Takes once more what could not be saved: the disk may be well again, and the link may stay up for weeks.
    /// </summary>
    internal void Retry(CancellationToken cancel)
    {
        if (_unsaved is { } delivery && _waiting.Count == 0)
        {
            Take(delivery);
            Pump(cancel);
        }
    }

    internal void Pump(CancellationToken cancel)
    {
        while (IsOpen && !_isAsking && _waiting.TryPeek(out LinkDelivery? delivery))
        {
            Finding? finding = Judge(delivery.Payload, out DesiredState? state, out Digest content);
            bool mayAsk = _askedAt is null || parts.Clock.Now - _askedAt >= AskAgainAfter;
            if (finding?.Code == WireErrors.UnknownKey.Code && mayAsk)
            {
                Ask(cancel);
                return;
            }

            _ = _waiting.Dequeue();
            finding ??= accept(state!, content); // Judge gives a finding or a state.
            Answer(delivery, finding, cancel);
        }
    }

    private void Answer(LinkDelivery delivery, Finding? finding, CancellationToken cancel)
    {
        if (finding is not null && finding != Refused)
        {
            OnRefused?.Invoke(finding);
        }

        Refused = finding;
        _unsaved = finding?.Code == State.LedgerErrors.NotSaved.Code ? delivery : null;
        if (_unsaved is null)
        {
            parts.Mailbox.Run(_ => delivery.AcknowledgeAsync(), null, cancel);
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
}
