using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Kedge.Agent.State;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Wire;
using Kedge.Wire.Enrolment;

namespace Kedge.Agent.Trust;

/// <summary>
/// What the owner of the fleet says may be trusted: who signs models, who signs desired states, and which key is the
/// owner's. Documents are signed by the owner key that counts: the one that was pinned at enrolment, or the last of an
/// unbroken chain of changes from it. They carry versions that never go back, and are kept on disk in one file, so that
/// a device without a network judges as before. Who steals the server cannot change them. A document of a newer owner
/// key counts whatever its version, so that whoever had the old one cannot block the fleet with a high number. The loop
/// and a fetch may offer at once.
/// </summary>
internal sealed class TrustKeeper
{
    private static readonly IReadOnlyDictionary<Digest, byte[]> None = new Dictionary<Digest, byte[]>();
    private readonly SafeFile _file;
    private readonly Lock _turn = new();
    private OwnerChain _owners;
    private string _policyText = "";
    private string _keysText = "";
    private (PolicyHeld Held, long Owner)? _policyHeld;
    private (DesiredKeysDocument Document, long Owner)? _desired;

    private TrustKeeper(OwnerChain owners, IDisk disk)
    {
        _owners = owners;
        _file = new SafeFile(disk, "state", "trust");
    }

    /// <summary>The policy held; null when none was ever accepted.</summary>
    internal SigningPolicyDocument? Policy { get; private set; }

    /// <summary>Keys that may sign desired states.</summary>
    internal IReadOnlyDictionary<Digest, byte[]> DesiredKeys => _desired?.Document.Keys ?? None;

    /// <summary>The owner key that counts.</summary>
    internal TrustedKey Owner => _owners.Current;

    /// <summary>Opens what was kept.</summary>
    /// <param name="disk">The device's disk.</param>
    /// <param name="ownerKey">The owner key that was pinned at enrolment.</param>
    /// <param name="ownerVersion">Its version.</param>
    internal static TrustKeeper Open(IDisk disk, string ownerKey, long ownerVersion)
    {
        Check.That(TrustedKey.TryParse(ownerKey, out TrustedKey? owner));
        TrustKeeper keeper = new(OwnerChain.Of(owner, ownerVersion), disk);
        if (keeper._file.Load().Content is { } content && TryRead(content, out _) is { } documents)
        {
            // What is here was accepted once: a document may be by an owner key that was replaced since.
            _ = keeper.TakeOwners(documents.OwnerKeys ?? []);
            foreach (OwnerStep step in keeper._owners.Steps.Reverse())
            {
                _ = keeper.TakePolicy(documents.SigningPolicy ?? "", step);
                _ = keeper.TakeKeys(documents.DesiredKeys ?? "", step);
            }
        }

        return keeper;
    }

    /// <summary>
    /// Offers documents; what is newer and signed by the owner is kept. Returns what was wrong with the rest.
    /// </summary>
    internal ImmutableArray<Finding> Offer(ReadOnlySpan<byte> json) =>
        TryRead(json, out Finding? finding) is { } offered ? Offer(offered)
        : finding is null ? [] : [finding];

    /// <summary>Offers documents that were read.</summary>
    internal ImmutableArray<Finding> Offer(TrustDocuments offered)
    {
        lock (_turn)
        {
            (long, string, string) before = (_owners.Version, _policyText, _keysText);
            ImmutableArray<Finding> findings = TakeOwners(offered.OwnerKeys ?? []);
            OwnerStep owner = _owners.Steps[^1];
            findings =
            [
                .. findings,
                .. TakePolicy(offered.SigningPolicy ?? "", owner),
                .. TakeKeys(offered.DesiredKeys ?? "", owner),
            ];
            return before == (_owners.Version, _policyText, _keysText) ? findings : Save(findings);
        }
    }

    private ImmutableArray<Finding> Save(ImmutableArray<Finding> findings)
    {
        TrustDocuments documents = new()
        {
            SigningPolicy = _policyText,
            DesiredKeys = _keysText,
            OwnerKeys = [.. _owners.Envelopes],
        };
        try
        {
            _file.Save(JsonSerializer.SerializeToUtf8Bytes(documents, WireJson.Default.TrustDocuments));
            return findings;
        }
        catch (DiskException e)
        {
            return findings.Add(LedgerErrors.NotSaved.At(e.Message));
        }
    }

    private static TrustDocuments? TryRead(ReadOnlySpan<byte> json, out Finding? finding)
    {
        finding = null;
        try
        {
            return JsonSerializer.Deserialize(json, WireJson.Default.TrustDocuments);
        }
        catch (JsonException e)
        {
            finding = AgentErrors.TrustRefused.At($"the trust documents cannot be read: {e.Message}");
            return null;
        }
    }

    private ImmutableArray<Finding> TakeOwners(IReadOnlyList<string> envelopes)
    {
        ImmutableArray<Finding> findings = [];
        foreach (string envelope in envelopes.Take(Kedge.Content.ContentLimits.OwnerVersionsMax))
        {
            OwnerOutcome outcome = _owners.Offer(envelope ?? "");
            switch (outcome)
            {
                case OwnerOutcome.Newer newer:
                    _owners = newer.Chain;
                    break;
                case OwnerOutcome.Known:
                    break;
                case OwnerOutcome.Conflict conflict:
                    findings = findings.Add(conflict.Finding);
                    break;
                case OwnerOutcome.Refused refused:
                    findings = findings.Add(refused.Finding);
                    break;
                default:
                    throw Check.Unreachable(outcome);
            }
        }

        return findings;
    }

    private ImmutableArray<Finding> TakePolicy(string envelope, OwnerStep owner)
    {
        if (envelope.Length > 0 && envelope == _policyText)
        {
            // Held already, perhaps by an owner key that was replaced since: there is nothing to say about it.
            return [];
        }

        PolicyHeld? held = _policyHeld is { } known && known.Owner == owner.Version ? known.Held : null;
        PolicyOutcome outcome = SigningPolicyTrust.Judge(Encoding.UTF8.GetBytes(envelope), owner.Key, held);
        switch (outcome)
        {
            case PolicyOutcome.Newer newer:
                Policy = newer.Policy;
                _policyHeld = (newer.Held, owner.Version);
                _policyText = envelope;
                return [];
            case PolicyOutcome.Stale stale:
                return [stale.Finding];
            case PolicyOutcome.Conflict conflict:
                return [conflict.Finding];
            case PolicyOutcome.Refused refused:
                return refused.Findings;
            case PolicyOutcome.Same:
                return [];
            default:
                throw Check.Unreachable(outcome);
        }
    }

    private ImmutableArray<Finding> TakeKeys(string envelope, OwnerStep owner)
    {
        if (envelope.Length > 0 && envelope == _keysText)
        {
            return [];
        }

        DesiredKeysDocument? keys =
            DesiredKeysDocument.TryOpen(Encoding.UTF8.GetBytes(envelope), owner.Key, out Finding? finding);
        if (keys is null)
        {
            return finding is null ? [] : [finding];
        }

        if (_desired is { } held && held.Owner == owner.Version && keys.Version <= held.Document.Version)
        {
            return keys.Version == held.Document.Version ? [] : [AgentErrors.TrustRefused.At(
                $"desired keys: offered is version {keys.Version}, held is {held.Document.Version}")];
        }

        _desired = (keys, owner.Version);
        _keysText = envelope;
        return [];
    }
}
