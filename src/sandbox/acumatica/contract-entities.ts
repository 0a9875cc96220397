import { defineEntity, type EntitySpec } from "./contract.ts";

/**
 * The contract of the Default endpoints 20 to 25, as far as this site serves it. One word a field: `Name:kind`, a length in
 * parentheses, `~` for values a list does not compute, `@22` for "from 22.200.001 on", `@20-22` for "gone after 22.200.001".
 * `=X` is a linked entity, `*X` a collection. Features the invented site has switched off (subitems, projects, VAT) are left
 * out, as a live site leaves them out (facts: acumatica 1.5, 3.1, 4.1, 5; payloads 4).
 */
const specs: EntitySpec[] = [
  defineEntity("SalesOrder", ["OrderType", "OrderNbr"], {
    form: "SO301000",
    formName: "Sales Orders",
    graph: "PX.Objects.SO.SOOrderEntry",
    view: "Document",
    fields: `Approved:flag BaseCurrencyID:text BillToAddress:=Address BillToAddressOverride:flag BillToAddressValidated:flag
      BillToContact:=DocContact BillToContactOverride:flag Branch:text@23 CashAccount:text ContactID:text ControlTotal:money
      CreatedDate:instant@22 CreditHold:flag CurrencyID:text(5) CurrencyRate:rate CurrencyRateTypeID:text CustomerID:text
      CustomerOrder:text(40) Date:day Description:text(256) DestinationWarehouseID:text Details:*SalesOrderDetail
      DisableAutomaticDiscountUpdate:flag DisableAutomaticTaxCalculation:flag@22 DiscountDetails:*SalesOrdersDiscountDetails
      EffectiveDate:day ExternalOrderOrigin:text@22 ExternalOrderOriginal:flag@22 ExternalOrderSource:text@22
      ExternalRef:text(40) ExternalRefundRef:text@22 FinancialSettings:=FinancialSettings Hold:flag IsTaxValid:flag~
      LastModified:instant LocationID:text MaxRiskScore:money@23 NoteID:guid@22 OrderNbr:text(15) OrderTotal:money
      OrderType:text(2) OrderedQty:qty PaymentMethod:text(10) PaymentRef:text(40)@22 Payments:*SalesOrderPayment
      PreferredWarehouseID:text Project:text ReciprocalRate:rate RequestedOn:day ShipToAddress:=Address
      ShipToAddressOverride:flag ShipToAddressValidated:flag ShipToContact:=DocContact ShipToContactOverride:flag
      ShipVia:text(15) Shipments:*SalesOrderShipment ShippingSettings:=ShippingSettings Status:text TaxCalcMode:text@22
      TaxDetails:*TaxDetail TaxTotal:money Totals:=Totals WillCall:flag@22`,
  }),
  defineEntity("SalesOrderDetail", ["LineNbr"], {
    graph: "PX.Objects.SO.SOOrderEntry",
    view: "Transactions",
    fields: `Account:text AlternateID:text(50) Amount:money AssociatedOrderLineNbr:int@22 AutoCreateIssue:flag AverageCost:money
      Branch:text CalculateDiscountsOnImport:flag Commissionable:flag Completed:flag CustomerOrderNbr:text(40)@22
      DiscountAmount:money DiscountCode:text(10) DiscountPercent:qty DiscountedUnitPrice:qty ExtendedPrice:money
      ExternalRef:text@22 FreeItem:flag GiftMessage:text@22 InventoryID:text InvoiceLineNbr:int@22 InvoiceNbr:text(15)@22
      InvoiceType:text@22 LastModifiedDate:ustime LineDescription:text(256) LineNbr:int LineType:text Location:text
      LotSerialNbr:text@22 ManualDiscount:flag ManualPrice:flag@22 MarkForPO:flag NoteID:guid@22 OpenQty:qty Operation:text
      OrderQty:qty OvershipThreshold:qty POSource:text ProjectTask:text PurchaseWarehouse:text@22 QtyOnShipments:qty
      ReasonCode:text RequestedOn:day SalespersonID:text SchedOrderDate:day@22 ShipOn:day ShipToLocation:text@22
      ShippingRule:text TaxCategory:text TaxZone:text@22 UOM:text(6) UnbilledAmount:money UndershipThreshold:qty UnitCost:qty
      UnitPrice:qty VendorID:text@22 WarehouseID:text`,
  }),
  defineEntity("SalesOrderShipment", [], {
    ownId: false,
    fields: `InventoryDocType:text InventoryNoteID:guid@22 InventoryRefNbr:text InvoiceNbr:text InvoiceType:text
      LastModifiedDateTime:instant@22 OrderNoteID:guid@22 ShipmentDate:day ShipmentNbr:text ShipmentType:text ShippedQty:qty
      ShippedVolume:qty ShippedWeight:qty ShippingNoteID:guid@22 Status:text`,
  }),
  defineEntity("SalesOrdersDiscountDetails", [], {
    ownId: false,
    fields: `DiscountAmount:money DiscountCode:text(10) Type:text`,
  }),
  defineEntity("SalesOrderPayment", [], {
    ownId: false,
    fields: `AppliedToOrder:money DocType:text PaymentAmount:money PaymentMethod:text(10) PaymentRef:text(40) ReferenceNbr:text Status:text`,
  }),
  defineEntity("TaxDetail", [], { ownId: false, fields: `TaxAmount:money TaxID:text TaxRate:qty TaxableAmount:money` }),
  defineEntity("ShippingSettings", [], {
    ownId: false,
    fields: `CancelByDate:day Canceled:flag FOBPoint:text Freight:money@20-20 FreightCost:money FreightCostIsuptodate:flag
      FreightPrice:money@22 FreightTaxCategory:text GroundCollect:flag Insurance:flag OrderVolume:qty OrderWeight:qty
      OverrideFreightPrice:flag@22 PackageWeight:qty PreferredWarehouseID:text PremiumFreight:money Priority:int
      ResidentialDelivery:flag SaturdayDelivery:flag ScheduledShipmentDate:day ShipSeparately:flag ShipVia:text(15)
      ShippingRule:text ShippingTerms:text ShippingZone:text UseCustomersAccount:flag`,
  }),
  defineEntity("Totals", [], {
    ownId: false,
    fields: `DiscountTotal:money Freight:money@22 FreightCost:money@22 FreightCostIsuptodate:flag@22 FreightTaxCategory:text@22
      LineTotalAmount:money MiscTotalAmount:money OrderVolume:qty@22 OrderWeight:qty@22 OverrideFreightAmount:flag@22
      PackageWeight:qty@22 PremiumFreight:money@22 TaxTotal:money UnbilledAmount:money UnbilledQty:qty UnpaidBalance:money`,
  }),
  defineEntity("FinancialSettings", [], {
    ownId: false,
    fields: `BillSeparately:flag Branch:text CashDiscountDate:day CustomerTaxZone:text DueDate:day EntityUsageType:text
      InvoiceDate:day InvoiceNbr:text OriginalOrderNbr:text OriginalOrderType:text OverrideTaxZone:flag Owner:text
      PostPeriod:text Terms:text`,
  }),
  defineEntity("Address", [], {
    ownId: false,
    fields: `AddressLine1:text(50) AddressLine2:text(50) BuildingName:text@25 BuildingNumber:text@25 City:text(50) Country:text(2)
      Department:text@25 DistrictName:text@25 Floor:text@25 PostBox:text@25 PostalCode:text(20) Room:text@25 State:text(50)
      StreetName:text@25 SubDepartment:text@25 TownLocationName:text@25 UnitNumber:text@25 Validated:flag`,
  }),
  defineEntity("DocContact", [], {
    ownId: false,
    fields: `Attention:text(255) BusinessName:text(255) Email:text(255) Phone1:text(50)`,
  }),
  defineEntity("Shipment", ["ShipmentNbr"], {
    form: "SO302000",
    formName: "Shipments",
    graph: "PX.Objects.SO.SOShipmentEntry",
    view: "Document",
    fields: `BaseCurrencyID:text ControlQty:qty CreateNewShipmentForEveryOrder:flag CreatedDateTime:instant CurrencyRate:rate
      CurrencyRateTypeID:text CurrencyViewState:flag CustomerID:text Description:text(256) Details:*ShipmentDetail
      EffectiveDate:day FOBPoint:text FreightAmount:money@20-20 FreightCost:money FreightCurrencyID:text FreightPrice:money@22
      GroundCollect:flag Hold:flag Insurance:flag LastModifiedDateTime:instant LocationID:text NoteID:guid@22 Operation:text
      Orders:*ShipmentOrderDetail OverrideFreightPrice:flag Owner:text PackageCount:int PackageWeight:qty
      Packages:*ShipmentPackage Picked:flag ReciprocalRate:rate ResidentialDelivery:flag SaturdayDelivery:flag ShipVia:text(15)
      ShipmentDate:day ShipmentNbr:text(15) ShippedQty:qty ShippedVolume:qty ShippedWeight:qty ShippingSettings:=ShipToSettings
      ShippingTerms:text ShippingZoneID:text Status:text ToWarehouseID:text Type:text UnlimitedPackages:flag@24
      UseCustomersAccount:flag WarehouseID:text WorkgroupID:text`,
  }),
  defineEntity("ShipmentDetail", ["LineNbr"], {
    graph: "PX.Objects.SO.SOShipmentEntry",
    view: "Transactions",
    fields: `Allocations:*ShipmentDetailAllocation Description:text(256) ExpirationDate:day FreeItem:flag InventoryID:text LineNbr:int
      LocationID:text LotSerialNbr:text(100) OpenQty:qty OrderLineNbr:int OrderNbr:text(15) OrderType:text(2) OrderedQty:qty
      OriginalQty:qty ReasonCode:text ShippedQty:qty UOM:text(6) WarehouseID:text`,
  }),
  defineEntity("ShipmentDetailAllocation", [], {
    ownId: false,
    fields: `Description:text ExpirationDate:day InventoryID:text LocationID:text LotSerialNbr:text OrderNbr:text OrderType:text
      Qty:qty SplitLineNbr:int@22 UOM:text`,
  }),
  defineEntity("ShipmentPackage", ["LineNbr"], {
    graph: "PX.Objects.SO.SOShipmentEntry",
    view: "Packages",
    fields: `BoxID:text(15) CODAmount:money Confirmed:flag CustomRefNbr1:text(30) CustomRefNbr2:text(30) DeclaredValue:money
      Description:text(30) Height:qty@22 Length:qty@22 LineNbr:int@22 NoteID:guid@22 PackageContents:*ShipmentPackageDetail
      TrackingNbr:text(60) Type:text UOM:text Weight:qty Width:qty@22`,
  }),
  defineEntity("ShipmentPackageDetail", [], {
    ownId: false,
    fields: `InventoryID:text LotSerialNbr:text OrigOrderNbr:text@22 OrigOrderType:text@22 Quantity:qty ShipmentSplitLineNbr:int UOM:text`,
  }),
  defineEntity("ShipmentOrderDetail", [], {
    ownId: false,
    fields: `InventoryDocType:text InventoryRefNbr:text InvoiceNbr:text InvoiceType:text OrderNbr:text OrderNoteID:guid@22
      OrderType:text ShipmentNbr:text ShipmentType:text ShippedQty:qty ShippedVolume:qty ShippedWeight:qty`,
  }),
  defineEntity("ShipToSettings", [], {
    ownId: false,
    fields: `ShipToAddress:=Address ShipToAddressOverride:flag ShipToContact:=DocContact ShipToContactOverride:flag Validated:flag`,
  }),
  defineEntity("Customer", ["CustomerID"], {
    form: "AR303000",
    formName: "Customers",
    graph: "PX.Objects.AR.CustomerMaint",
    view: "BAccount",
    fields: `AccountRef:text(50) ApplyOverdueCharges:flag AutoApplyPayments:flag BAccountID:int@22 BillingAddressOverride:flag
      BillingContact:=Contact BillingContactOverride:flag CreatedDateTime:instant CreditLimit:money@22 CurrencyID:text(5)
      CurrencyRateType:text CustomerCategory:text@23 CustomerClass:text(10) CustomerID:text(30) CustomerName:text(255)
      Email:text@23 EnableCurrencyOverride:flag EnableRateOverride:flag EnableWriteOffs:flag EntityUsageType:text@22
      FOBPoint:text IsGuestCustomer:flag@22 LastModifiedDateTime:instant LeadTimedays:short LocationName:text(60)
      MainContact:=Contact MultiCurrencyStatements:flag NoteID:guid@22 OrderPriority:short ParentRecord:text PriceClassID:text(10)
      PrimaryContact:=Contact PrimaryContactID:int@23 PrintDunningLetters:flag PrintInvoices:flag PrintStatements:flag
      ResidentialDelivery:flag RestrictVisibilityTo:text@22 SaturdayDelivery:flag SendDunningLettersbyEmail:flag
      SendInvoicesbyEmail:flag SendStatementsbyEmail:flag ShipVia:text(15) ShippingAddressOverride:flag~
      ShippingContact:=Contact ShippingContactOverride:flag~ ShippingRule:text ShippingTerms:text ShippingZoneID:text
      StatementCycleID:text StatementType:text Status:text TaxExemptionNumber:text(30)@22 TaxRegistrationID:text(50)
      TaxZone:text(10) Terms:text(10) WarehouseID:text WriteOffLimit:money`,
  }),
  defineEntity("Contact", [], {
    ownId: false,
    fields: `Active:flag Address:=Address AddressValidated:flag Attention:text(255) BusinessAccount:text CompanyName:text(255) ContactID:int
      DisplayName:text Email:text(255) FirstName:text(50) FullName:text@22 JobTitle:text(255) LastModifiedDateTime:instant
      LastName:text(100) NoteID:guid Phone1:text(50) Phone1Type:text Phone2:text(50) Phone2Type:text Status:text Type:text
      WebSite:text(255)`,
  }),
  defineEntity("CustomerLocation", ["Customer", "LocationID"], {
    form: "AR303020",
    formName: "Customer Locations",
    graph: "PX.Objects.AR.CustomerLocationMaint",
    view: "Location",
    fields: `Active:flag AddressOverride:flag ContactOverride:flag CreatedDateTime:instant Customer:text Default:flag@23 Insurance:flag
      LastModifiedDateTime:instant LocationContact:=Contact LocationID:text(30) LocationName:text(60) NoteID:guid@22
      ResidentialDelivery:flag SaturdayDelivery:flag ShipVia:text(15) ShippingRule:text ShippingTerms:text ShippingZone:text
      Status:text@23 TaxZone:text Warehouse:text`,
  }),
  defineEntity("StockItem", ["InventoryID"], {
    form: "IN202500",
    formName: "Stock Items",
    graph: "PX.Objects.IN.InventoryItemMaint",
    view: "Item",
    fields: `ABCCode:text AutoIncrementalValue:text Availability:text@22 AverageCost:qty BaseUOM:text(6) Boxes:*BoxStockItem
      COGSAccount:text COGSSubaccount:text Content:text CountryOfOrigin:text(2)@22 CrossReferences:*InventoryItemCrossReference
      CurrentStdCost:qty CurySpecificMSRP:qty@22 CurySpecificPrice:qty@22 CustomURL:text@22 DefaultIssueLocationID:text
      DefaultPrice:qty DefaultReceiptLocationID:text DefaultWarehouseID:text DeferralAccount:text DeferralSubaccount:text
      Description:text(256) DimensionVolume:qty DimensionWeight:qty DiscountAccount:text DiscountSubaccount:text
      ExportToExternal:flag@22 ImageUrl:text(255) InventoryAccount:text InventoryID:text(30) InventorySubaccount:text
      IsAKit:flag ItemClass:text ItemStatus:text ItemType:text LandedCostVarianceAccount:text
      LandedCostVarianceSubaccount:text LastCost:qty LastModified:instant LastModifiedDateTime:instant@24 LastStdCost:qty
      LotSerialClass:text MSRP:qty Markup:qty MaxCost:qty MetaDescription:text@22 MetaKeywords:text@22 MinCost:qty
      MinMarkup:qty NotAvailable:text@22 NoteID:guid@22 POAccrualAccount:text POAccrualSubaccount:text PackSeparately:flag
      PackagingOption:text PageTitle:text@22 PendingStdCost:qty PostingClass:text PriceClass:text PriceManager:text
      PriceWorkgroup:text ProductManager:text ProductWorkgroup:text PurchasePriceVarianceAccount:text
      PurchasePriceVarianceSubaccount:text PurchaseUOM:text(6) ReasonCodeSubaccount:text SalesAccount:text
      SalesSubaccount:text SalesUOM:text(6) SearchKeywords:text@22 StandardCostRevaluationAccount:text
      StandardCostRevaluationSubaccount:text StandardCostVarianceAccount:text StandardCostVarianceSubaccount:text
      SubjectToCommission:flag TariffCode:text(30)@22 TaxCategory:text TemplateItemID:text@22
      UOMConversions:*InventoryItemUOMConversion ValuationMethod:text Visibility:text@22 VolumeUOM:text(6)
      WarehouseDetails:*StockItemWarehouseDetail WeightUOM:text(6)`,
  }),
  defineEntity("InventoryItemCrossReference", [], {
    ownId: false,
    fields: `AlternateID:text AlternateType:text Description:text UOM:text@22 VendorOrCustomer:text`,
  }),
  defineEntity("InventoryItemUOMConversion", [], {
    ownId: false,
    fields: `ConversionFactor:qty FromUOM:text MultiplyOrDivide:text ToUOM:text`,
  }),
  defineEntity("StockItemWarehouseDetail", [], {
    ownId: false,
    fields: `DefaultIssueLocationID:text DefaultReceiptLocationID:text IsDefault:flag QtyOnHand:qty Status:text WarehouseID:text`,
  }),
  defineEntity("BoxStockItem", [], {
    ownId: false,
    fields: `BoxID:text Description:text MaxQty:qty MaxWeight:qty Qty:qty UOM:text`,
  }),
  defineEntity("ShipVia", ["CarrierID"], {
    form: "CS207500",
    formName: "Ship Via Codes",
    graph: "PX.Objects.CS.CarrierMaint",
    view: "Carrier",
    fields: `CalculationMethod:text Calendar:text CarrierID:text(15) CommonCarrier:flag Description:text(60) FreightExpenseAccount:text
      FreightExpenseSubaccount:text FreightSalesAccount:text FreightSalesSubaccount:text Packages:*ShippingBox TaxCategory:text`,
  }),
  defineEntity("ShippingBox", ["BoxID"], {
    form: "CS207600",
    formName: "Boxes",
    graph: "PX.Objects.CS.CSBoxMaint",
    view: "Records",
    fields: `ActiveByDefault:flag BoxID:text(15) BoxWeight:qty CarriersPackage:text Description:text(255) Height:int@20-20 Height:qty@22 Length:int@20-20 Length:qty@22
      LinearUOM:text@22 MaxVolume:qty MaxWeight:qty VolumeUOM:text WeightUOM:text Width:int@20-20 Width:qty@22`,
  }),
  defineEntity("Warehouse", ["WarehouseID"], {
    form: "IN204000",
    formName: "Warehouses",
    graph: "PX.Objects.IN.INSiteMaint",
    view: "site",
    fields: `Active:flag Description:text(60) DropShipLocationID:text LastModifiedDateTime:instant@23 Locations:*WarehouseLocation
      RMALocationID:text ReceivingLocationID:text ShippingLocationID:text WarehouseID:text(30)`,
  }),
  defineEntity("WarehouseLocation", [], {
    ownId: false,
    fields: `Active:flag Description:text(60) LocationID:text PickPriority:int ReceiptsAllowed:flag SalesAllowed:flag`,
  }),
  defineEntity("Carrier", ["CarrierID"], {
    form: "CS207700",
    formName: "Carriers",
    graph: "PX.Objects.CS.CarrierPluginMaint",
    view: "Plugin",
    fields: `CarrierID:text(15) CarrierUnits:text CreatedDateTime:instant CustomerAccounts:*CarrierCustomerAccount Description:text(255)
      LastModifiedDateTime:instant PlugInParameters:*CarrierPluginParameter PlugInType:text(255) WarehouseID:text`,
  }),
  defineEntity("CarrierCustomerAccount", [], {
    ownId: false,
    fields: `Active:flag CarrierAccount:text CustomerID:text CustomerName:text Location:text PostalCode:text RecordID:int`,
  }),
  defineEntity("CarrierPluginParameter", [], { ownId: false, fields: `Description:text PluginID:text Value:text` }),
  defineEntity("NonStockItem", ["InventoryID"], {
    form: "IN202000",
    formName: "Non-Stock Items",
    graph: "PX.Objects.IN.NonStockItemMaint",
    view: "Item",
    fields: `BaseUnit:text(6) CrossReferences:*InventoryItemCrossReference CurySpecificPrice:qty@22 DefaultPrice:qty Description:text(256)
      DimensionWeight:qty@22 InventoryID:text(30) IsAKit:flag@24 IsKit:flag ItemClass:text ItemStatus:text ItemType:text
      LastModifiedDateTime:instant NoteID:guid@22 PurchaseUnit:text(6) RequireReceipt:flag RequireShipment:flag SalesUnit:text(6)
      Weight:qty WeightUOM:text(6)`,
  }),
  defineEntity("KitSpecification", ["KitInventoryID", "RevisionID"], {
    form: "IN209500",
    formName: "Kit Specifications",
    graph: "PX.Objects.IN.INKitSpecMaint",
    view: "Hdr",
    fields: `Active:flag Description:text(256) IsNonStock:flag KitInventoryID:text LastModifiedDateTime:instant@23
      NonStockComponents:*KitNonStockComponent RevisionID:text(10) StockComponents:*KitStockComponent`,
  }),
  defineEntity("KitStockComponent", [], {
    ownId: false,
    fields: `AllowComponentQtyVariance:flag ComponentQty:qty MaxComponentQty:qty MinComponentQty:qty StockInventoryID:text UOM:text(6)`,
  }),
  defineEntity("KitNonStockComponent", [], {
    ownId: false,
    fields: `AllowComponentQtyVariance:flag ComponentQty:qty MaxComponentQty:qty MinComponentQty:qty NonStockInventoryID:text UOM:text(6)`,
  }),
  // Restructured in 24.200.001: conversions by pair before, units with their conversions after (facts: acumatica 5).
  defineEntity("UnitsOfMeasure", ["UnitID"], {
    form: "CS203500",
    formName: "Units of Measure",
    graph: "PX.Objects.CS.CSUnitMaint",
    view: "Units",
    fields: `Conversion:*Units@24 ConversionFactor:qty@20-23 CreatedDateTime:instant@20-23 Description:text@24 FromUOM:text@20-23
      L3Code:text@24 LastModifiedDateTime:instant@20-23 MultiplyOrDivide:text@20-23 ToUOM:text@20-23 UnitID:text@24`,
  }),
  defineEntity("Units", [], {
    ownId: false,
    fields: `ConversionFactor:qty FromUOM:text MultiplyOrDivide:text ToUOM:text`,
  }),
];

const byName = new Map(specs.map((spec) => [spec.name.toLowerCase(), spec]));

/** Names in a path are not case-sensitive (facts: acumatica 1.1). Undefined: this site has no such entity. */
export function findEntity(name: string): EntitySpec | undefined {
  return byName.get(name.toLowerCase());
}

/** The entity of a linked field or collection; every name used above is defined above. */
export function entity(name: string): EntitySpec {
  const spec = findEntity(name);
  if (!spec) throw new Error(`the contract does not define ${name}`);
  return spec;
}
