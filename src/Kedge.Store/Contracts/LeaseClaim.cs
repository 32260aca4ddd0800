namespace Kedge.Store.Contracts;

/// <summary>A replica wants to lead, or to go on leading.</summary>
/// <param name="Name">What is led, 1..63 characters.</param>
/// <param name="Holder">Who wants it, 1..63 characters, unique for each start of a replica.</param>
/// <param name="NowMs">Now, Unix ms.</param>
/// <param name="ExpiresAtMs">Until when, Unix ms, after now.</param>
public sealed record LeaseClaim(string Name, string Holder, long NowMs, long ExpiresAtMs);
