namespace Kedge.Conformance.Rules;

/// <summary>How a check ended.</summary>
internal enum Verdict
{
    /// <summary>Not known yet.</summary>
    Unknown = 0,

    /// <summary>The server keeps the rule.</summary>
    Pass = 1,

    /// <summary>It breaks the rule.</summary>
    Fail = 2,

    /// <summary>It does not claim what the rule is about.</summary>
    NotOffered = 3,
}
