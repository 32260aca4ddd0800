using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Trust;

/// <summary>
/// Which owner key counts: the one that was pinned, and every step from it to the next. Problem: an owner key that can
/// never be changed is one theft away from enrolling a fleet anew. Approach: as TUF rotates its root (specification
/// 1.0, section 5.3): each step is signed by the key that counts and by the one that follows, versions go up one by
/// one, and all steps are kept and offered, so that a device that slept through three follows all three. What it cannot
/// do: help against who has the old key while a device has not heard of the new one. Never compared.
/// </summary>
public sealed record OwnerChain
{
    private OwnerChain(ImmutableArray<OwnerStep> steps) => Steps = steps;

    /// <summary>The pinned key, and the steps from it, in order.</summary>
    public ImmutableArray<OwnerStep> Steps { get; }

    /// <summary>The key that counts.</summary>
    public TrustedKey Current => Steps[^1].Key;

    /// <summary>Its version, 1..<see cref="ContentLimits.OwnerVersionsMax"/>.</summary>
    public long Version => Steps[^1].Version;

    /// <summary>Envelopes of all steps, in order.</summary>
    public IEnumerable<string> Envelopes => Steps.Skip(1).Select(static step => step.Envelope);

    /// <summary>A chain of one key.</summary>
    /// <param name="pinned">The key, pinned at enrolment or made at the server's first start.</param>
    /// <param name="version">Its version.</param>
    public static OwnerChain Of(TrustedKey pinned, long version)
    {
        Check.That(version is >= 1 and <= ContentLimits.OwnerVersionsMax);
        return new OwnerChain([new OwnerStep(version, pinned, default, "")]);
    }

    /// <summary>Judges one step that was offered. Never throws, whatever the text.</summary>
    public OwnerOutcome Offer(string envelope)
    {
        OwnerKeyDocument? document =
            OwnerKeyDocument.TryOpen(Encoding.UTF8.GetBytes(envelope), out Digest content, out Finding? finding);
        if (document is null)
        {
            Check.That(finding is not null);
            return new OwnerOutcome.Refused(finding);
        }

        if (document.Version <= Steps[0].Version)
        {
            // From before this device was enrolled: nothing that it could judge, and nothing that it needs.
            return new OwnerOutcome.Known();
        }

        if (document.Version <= Version)
        {
            return Steps[(int)(document.Version - Steps[0].Version)].Content == content
                ? new OwnerOutcome.Known()
                : OfFork(document);
        }

        return document.Version == Version + 1 ? Next(document, content, envelope) : new OwnerOutcome.Refused(
            TrustErrors.OwnerGap.At(string.Create(
                CultureInfo.InvariantCulture, $"Offered is version {document.Version}, held is {Version}.")));
    }

    private OwnerOutcome Next(OwnerKeyDocument document, Digest content, string envelope)
    {
        if (document.Previous.KeyId != Current.KeyId)
        {
            return new OwnerOutcome.Refused(TrustErrors.OwnerRefused.At(
                $"Version {document.Version} follows {document.Previous.KeyId.Short}; {Current.KeyId.Short} counts."));
        }

        return Steps.Any(step => step.Key.KeyId == document.Next.KeyId)
            ? new OwnerOutcome.Refused(TrustErrors.OwnerRefused.At(
                $"Version {document.Version} brings back {document.Next.KeyId.Short}, which was replaced."))
            : new OwnerOutcome.Newer(new OwnerChain(
                Steps.Add(new OwnerStep(document.Version, document.Next, content, envelope))));
    }

    /// <summary>Another step of a version that is held: an alarm if the key that counted then has signed it.</summary>
    private OwnerOutcome OfFork(OwnerKeyDocument document)
    {
        OwnerStep before = Steps[(int)(document.Version - 1 - Steps[0].Version)];
        return document.Previous.KeyId == before.Key.KeyId
            ? new OwnerOutcome.Conflict(TrustErrors.OwnerFork.At(
                $"Version {document.Version} is offered as {document.Next.KeyId.Short} too, signed by "
                + $"{before.Key.KeyId.Short}."))
            : new OwnerOutcome.Refused(TrustErrors.OwnerRefused.At(
                $"Version {document.Version} follows {document.Previous.KeyId.Short}, which never counted."));
    }
}

/// <summary>One key of a chain. Never compared.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Key">The key.</param>
/// <param name="Content">Digest of the payload that brought it; none for the pinned one.</param>
/// <param name="Envelope">The envelope that brought it; empty for the pinned one.</param>
public sealed record OwnerStep(long Version, TrustedKey Key, Digest Content, string Envelope);

/// <summary>What to do with a step that was offered.</summary>
[Closed]
public abstract record OwnerOutcome
{
    private OwnerOutcome()
    {
    }

    /// <summary>The next one: keep the chain. Never compared.</summary>
    /// <param name="Chain">The chain with it.</param>
    public sealed record Newer(OwnerChain Chain) : OwnerOutcome;

    /// <summary>It is held, or older than the pinned key.</summary>
    public sealed record Known : OwnerOutcome;

    /// <summary>Two keys were signed to follow one: keep what is held and raise an alarm.</summary>
    /// <param name="Finding">Which.</param>
    public sealed record Conflict(Finding Finding) : OwnerOutcome;

    /// <summary>It does not count: keep what is held.</summary>
    /// <param name="Finding">Why.</param>
    public sealed record Refused(Finding Finding) : OwnerOutcome;
}
