using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What became of an enrolment or a replacement. Only the first two leave a device of that key.</summary>
[Closed]
public abstract record EnrolOutcome
{
    private EnrolOutcome()
    {
    }

    /// <summary>The device holds the name now.</summary>
    /// <param name="Device">Its row.</param>
    public sealed record Enrolled(DeviceRow Device) : EnrolOutcome;

    /// <summary>The same key and incarnation hold the name already: the answer was lost. No token was used up; a
    /// certificate that came along is recorded.</summary>
    /// <param name="Device">Its row.</param>
    public sealed record AlreadyEnrolled(DeviceRow Device) : EnrolOutcome;

    /// <summary>Another device holds the name; a replacement is asked for by another call.</summary>
    public sealed record NameTaken : EnrolOutcome;

    /// <summary>Nothing to replace: no device has the name.</summary>
    public sealed record UnknownDevice : EnrolOutcome;

    /// <summary>The token does not allow it.</summary>
    /// <param name="Why">Why not.</param>
    public sealed record TokenRefused(TokenVerdict Why) : EnrolOutcome;
}
