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
/// What the owner of the fleet says may be trusted: who signs models, who signs desired states. Both documents are
/// signed
/// by the owner key that was pinned at enrolment, carry versions that never go back, and are kept on disk, so that a
/// device without a network judges as before. Who steals the server cannot change them.
/// </summary>
internal sealed class TrustKeeper
{
    private static readonly IReadOnlyDictionary<Digest, byte[]> None = new Dictionary<Digest, byte[]>();
    private readonly TrustedKey _owner;
    private readonly SafeFile _file;
    private TrustDocuments? _documents;
    private PolicyHeld? _policyHeld;
    private DesiredKeysDocument? _desired;

    private TrustKeeper(TrustedKey owner, IDisk disk)
    {
        _owner = owner;
        _file = new SafeFile(disk, "state", "trust");
    }

    /// <summary>The policy held; null when none was ever accepted.</summary>
    internal SigningPolicyDocument? Policy { get; private set; }

    /// <summary>Keys that may sign desired states.</summary>
    internal IReadOnlyDictionary<Digest, byte[]> DesiredKeys => _desired?.Keys ?? None;

    internal static TrustKeeper Open(IDisk disk, string ownerKey)
    {
        Check.That(TrustedKey.TryParse(ownerKey, out TrustedKey? owner));
        TrustKeeper keeper = new(owner, disk);
        if (keeper._file.Load().Content is { } content)
        {
            _ = keeper.Take(content);
        }

        return keeper;
    }

    /// <summary>
    /// Offers documents; what is newer and signed by the owner is kept. Returns what was wrong with the rest.
    /// </summary>
    internal ImmutableArray<Finding> Offer(ReadOnlySpan<byte> json)
    {
        TrustDocuments? before = _documents;
        ImmutableArray<Finding> findings = Take(json);
        if (!ReferenceEquals(before, _documents) && _documents is not null)
        {
            try
            {
                _file.Save(JsonSerializer.SerializeToUtf8Bytes(_documents, WireJson.Default.TrustDocuments));
            }
            catch (DiskException e)
            {
                findings = findings.Add(LedgerErrors.NotSaved.At(e.Message));
            }
        }

        return findings;
    }

    private ImmutableArray<Finding> Take(ReadOnlySpan<byte> json)
    {
        TrustDocuments? offered;
        try
        {
            offered = JsonSerializer.Deserialize(json, WireJson.Default.TrustDocuments);
        }
        catch (JsonException e)
        {
            return [AgentErrors.TrustRefused.At($"the trust documents cannot be read: {e.Message}")];
        }

        return offered is null ? [] : [.. TakePolicy(offered.SigningPolicy), .. TakeKeys(offered.DesiredKeys)];
    }

    private ImmutableArray<Finding> TakePolicy(string envelope)
    {
        PolicyOutcome outcome = SigningPolicyTrust.Judge(Encoding.UTF8.GetBytes(envelope), _owner, _policyHeld);
        switch (outcome)
        {
            case PolicyOutcome.Newer newer:
                (Policy, _policyHeld) = (newer.Policy, newer.Held);
                _documents = new TrustDocuments
                {
                    SigningPolicy = envelope,
                    DesiredKeys = _documents?.DesiredKeys ?? "",
                };
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

    private ImmutableArray<Finding> TakeKeys(string envelope)
    {
        DesiredKeysDocument? keys =
            DesiredKeysDocument.TryOpen(Encoding.UTF8.GetBytes(envelope), _owner, out Finding? finding);
        if (keys is null)
        {
            return finding is null ? [] : [finding];
        }

        if (_desired is not null && keys.Version < _desired.Version)
        {
            return [AgentErrors.TrustRefused.At(
                $"desired keys: offered is version {keys.Version}, held is {_desired.Version}")];
        }

        if (_desired is null || keys.Version > _desired.Version)
        {
            _desired = keys;
            _documents = new TrustDocuments
            {
                SigningPolicy = _documents?.SigningPolicy ?? "",
                DesiredKeys = envelope,
            };
        }

        return [];
    }
}
