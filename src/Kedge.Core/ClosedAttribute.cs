namespace Kedge.Core;

/// <summary>Marks a hierarchy whose cases all stand in one file; a switch over it names every case.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ClosedAttribute : Attribute;
