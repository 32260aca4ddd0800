namespace Kedge.Core;

/// <summary>
/// Marks an abstract record whose cases are all nested in it. A switch over it names every case, so that a new case
/// breaks the build at each place that must think about it: see <c>docs/rules/KEDGE101.md</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ClosedAttribute : Attribute;
